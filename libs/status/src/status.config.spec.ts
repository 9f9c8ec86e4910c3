import { describe, expect, it } from 'vitest';
import { statusConfig, type StatusConfig } from './status.config.js';

function validate(values: object): StatusConfig {
  const { value, error } = statusConfig.schema.validate(values);
  if (error) throw error;
  return value as StatusConfig;
}

describe('statusConfig', () => {
  it('describes every key, with an example', () => {
    for (const key of statusConfig.keys) {
      expect(key.description, key.name).not.toBe('');
      expect(key.example, key.name).toBeDefined();
    }
  });

  it('switches a route off by the text of a variable and by a value in code', () => {
    expect(validate({ livezPath: 'false' }).livezPath).toBe(false);
    expect(validate({ livezPath: false }).livezPath).toBe(false);
    expect(validate({ livezPath: '/ops/live' }).livezPath).toBe('/ops/live');
  });

  it.each(['livez', '/with space', '/:parameter', '/wild*', '/', ''])(
    'refuses the path "%s"',
    (path) => {
      expect(() => validate({ livezPath: path })).toThrow('livezPath');
    },
  );

  it('reads durations', () => {
    expect(validate({ probeInterval: '10s', probeTimeout: 250, drainDelay: '0s' })).toMatchObject({
      probeInterval: 10_000,
      probeTimeout: 250,
      drainDelay: 0,
    });
  });

  it('keeps the token secret, and asks for one that cannot be guessed', () => {
    expect(statusConfig.keys.find(({ name }) => name === 'token')?.secret).toBe(true);
    expect(() => validate({ token: 'short' })).toThrow('token');
  });

  it('refuses an unknown word for details', () => {
    expect(() => validate({ details: 'sometimes' })).toThrow('details');
  });
});
