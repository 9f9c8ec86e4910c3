import { inspect } from 'node:util';
import { isMainstayError } from 'nestjs-mainstay/common';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './config.errors.js';

const banana = {
  variable: 'CACHE_TTL',
  found: '"banana"',
  allowed: 'a duration',
  fix: 'set e.g. CACHE_TTL=5m',
};
const url = { variable: 'CACHE_URL', found: 'nothing', allowed: 'a URL', fix: 'set it' };

describe('ConfigurationError', () => {
  it('lists what was found, what is allowed and how to fix it, for every violation', () => {
    expect(new ConfigurationError([banana, url]).message).toBe(
      [
        'The configuration has 2 problems:',
        '',
        '1. CACHE_TTL',
        '   found:   "banana"',
        '   allowed: a duration',
        '   fix:     set e.g. CACHE_TTL=5m',
        '',
        '2. CACHE_URL',
        '   found:   nothing',
        '   allowed: a URL',
        '   fix:     set it',
        '',
      ].join('\n'),
    );
  });

  it('counts one problem as one', () => {
    expect(new ConfigurationError([banana]).message).toContain('has 1 problem:');
  });

  it('has the code CONFIGURATION_INVALID', () => {
    expect(isMainstayError(new ConfigurationError([banana]), 'CONFIGURATION_INVALID')).toBe(true);
  });

  it('has its message as its stack, so that no trace is printed', () => {
    const error = new ConfigurationError([banana]);
    expect(error.stack).toBe(error.message);
    expect(inspect(error)).toBe(error.message);
    expect(inspect(error, { colors: true, depth: 9 })).toBe(error.message);
  });

  it('keeps its violations readable, frozen and not enumerable', () => {
    const error = new ConfigurationError([banana]);
    expect(error.violations).toEqual([banana]);
    expect(Object.isFrozen(error.violations)).toBe(true);
    expect(Object.keys(error)).not.toContain('violations');
  });
});
