import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GuardedLogger } from './guarded-logger.js';

describe('GuardedLogger', () => {
  afterEach(() => vi.restoreAllMocks());

  it('writes to the logger of the application', () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    const logger = new GuardedLogger('Test');
    logger.error('a', 'stack');
    logger.error('b');
    logger.warn('c');
    logger.log('d');
    logger.debug('e');
    expect(error.mock.calls).toEqual([['a', 'stack'], ['b']]);
    expect(warn).toHaveBeenCalledWith('c');
    expect(log).toHaveBeenCalledWith('d');
    expect(debug).toHaveBeenCalledWith('e');
  });

  it('resilience rule 17: never throws, and warns once that the logger is broken', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {
      throw new Error('a broken transport');
    });
    const logger = new GuardedLogger('Test');
    for (let i = 0; i < 3; i++) logger.log('text');
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('a broken transport'),
      expect.objectContaining({ code: 'MAINSTAY_LOGGER_FAILED' }),
    );
  });

  it('resilience rule 17: not even when it cannot tell what the logger threw', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {
      throw Object.create(null);
    });
    new GuardedLogger('Test').log('text');
    expect(warned).toHaveBeenCalledTimes(1);
  });
});
