import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StatusConfig } from '../status.config.js';
import { resolveStatusOptions, type AuthorizeStatusRequest } from '../status.options.js';
import { StatusAccess } from './status-access.js';

const TOKEN = 'a-token-of-enough-length';

afterEach(() => vi.restoreAllMocks());

function access(
  environment: 'production' | 'development',
  config: Partial<StatusConfig> = {},
  authorize?: AuthorizeStatusRequest,
): StatusAccess {
  const isProduction = environment === 'production';
  return new StatusAccess(resolveStatusOptions(config as StatusConfig, authorize, isProduction));
}

function bearing(authorization?: string): unknown {
  return { headers: { authorization } };
}

describe('StatusAccess', () => {
  it('is open in development', async () => {
    expect(await access('development').admit(bearing())).toBe('open');
  });

  it('status rule 6: is hidden in production while nothing can open it', async () => {
    expect(await access('production').admit(bearing(`Bearer ${TOKEN}`))).toBe('hidden');
  });

  it.each(['production', 'development'] as const)(
    'status rule 6: a token is asked for in %s once it is set',
    async (environment) => {
      const guarded = access(environment, { token: TOKEN });
      expect(await guarded.admit(bearing(`bearer ${TOKEN}`))).toBe('authorized');
      for (const header of [
        undefined,
        TOKEN,
        `Basic ${TOKEN}`,
        'Bearer',
        'Bearer x',
        `Bearer ${TOKEN}x`,
      ]) {
        expect(await guarded.admit(bearing(header))).toBe('refused');
      }
      expect(await guarded.admit({})).toBe('refused');
    },
  );

  it('status rule 6: a token may hold spaces', async () => {
    const guarded = access('production', { token: 'a token of many words' });
    expect(await guarded.admit(bearing('Bearer a token of many words'))).toBe('authorized');
    expect(await guarded.admit(bearing('Bearer a token of many'))).toBe('refused');
    expect(await guarded.admit(bearing('Bearer a'))).toBe('refused');
  });

  it('status rule 8: the hook decides, and the token beside it', async () => {
    const authorize = vi.fn<AuthorizeStatusRequest>(
      async (request) => (request as { ip?: string }).ip === '10.0.0.1',
    );
    const guarded = access('production', { token: TOKEN }, authorize);
    expect(await guarded.admit({ ip: '10.0.0.1', headers: {} })).toBe('authorized');
    expect(await guarded.admit({ ip: '10.0.0.2', headers: {} })).toBe('refused');
    expect(await guarded.admit(bearing(`Bearer ${TOKEN}`))).toBe('authorized');
  });

  it('refuses when the hook fails, and says so', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const guarded = access('production', {}, () => {
      throw new Error('password=hunter2');
    });
    expect(await guarded.admit(bearing())).toBe('refused');
    expect(error).toHaveBeenCalledWith(expect.stringContaining('password=***'), expect.anything());
  });

  it.each([
    ['production', undefined, false, false],
    ['production', undefined, true, false],
    ['production', 'when-authorized', true, true],
    ['production', 'when-authorized', false, false],
    ['production', 'always', false, true],
    ['development', undefined, false, true],
    ['development', 'never', true, false],
  ] as const)(
    'status rule 8: in %s, STATUS_DETAILS=%s, authorized %s: shown %s',
    (environment, details, authorized, shown) => {
      const config = details === undefined ? {} : { details };
      expect(access(environment, config).showsDetails(authorized)).toBe(shown);
    },
  );
});

describe('resolveStatusOptions', () => {
  it('status rule 16: drains for 2 s in production, not at all elsewhere, or as configured', () => {
    const delay = (config: Partial<StatusConfig>, isProduction: boolean) =>
      resolveStatusOptions(config as StatusConfig, undefined, isProduction).drainDelayMs;
    expect([delay({}, true), delay({}, false)]).toEqual([2_000, 0]);
    expect([delay({ drainDelay: 0 }, true), delay({ drainDelay: 7 }, false)]).toEqual([0, 7]);
  });
});
