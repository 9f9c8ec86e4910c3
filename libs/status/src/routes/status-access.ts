import { createHash, timingSafeEqual } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { redactError } from 'nestjs-mainstay/common';
import type { ResolvedStatusOptions } from '../status.options.js';

/**
 * What a request may do with a route that is not public: `open`: everybody may see it; `authorized`: this request showed
 * who it is; `refused`: it has to; `hidden`: nothing can open the route, as if it did not exist.
 */
export type Admission = 'open' | 'authorized' | 'refused' | 'hidden';

/** The part of the options that decides who sees what. */
export type StatusAccessOptions = Pick<
  ResolvedStatusOptions,
  'details' | 'token' | 'isRestricted' | 'authorize'
>;

/** Decides who sees the routes that are not public, and how much of them. */
export class StatusAccess {
  readonly #logger = new Logger('StatusAccess');
  readonly #options: StatusAccessOptions;

  constructor(options: StatusAccessOptions) {
    this.#options = options;
  }

  /** Whether a request may see the routes that are not public. Never throws. */
  async admit(request: unknown): Promise<Admission> {
    const { isRestricted, token, authorize } = this.#options;
    if (!isRestricted) return 'open';
    if (token === undefined && authorize === undefined) return 'hidden';
    if (token !== undefined && hasToken(request, token)) return 'authorized';
    return (await this.#isAuthorized(request)) ? 'authorized' : 'refused';
  }

  /** Whether details are shown; `isAuthorized`: the request has proved who it is. */
  showsDetails(isAuthorized: boolean): boolean {
    const { details } = this.#options;
    return details === 'always' || (details === 'when-authorized' && isAuthorized);
  }

  /** Whether details are shown to a request for a route that is open to all. Never throws. */
  async showsDetailsTo(request: unknown): Promise<boolean> {
    const asks = this.#options.details === 'when-authorized';
    return this.showsDetails(asks && (await this.admit(request)) === 'authorized');
  }

  async #isAuthorized(request: unknown): Promise<boolean> {
    try {
      return (await this.#options.authorize?.(request)) === true;
    } catch (error) {
      const { message, stack } = redactError(error);
      this.#logger.error(`authorize() failed, the request is refused: ${message}`, stack);
      return false;
    }
  }
}

function hasToken(request: unknown, token: string): boolean {
  const { headers } = request as { headers?: Readonly<Record<string, unknown>> };
  const header = headers?.['authorization'];
  if (typeof header !== 'string') return false;
  const given = /^bearer +(.+)$/i.exec(header)?.[1];
  if (given === undefined) return false;
  return timingSafeEqual(digest(given), digest(token));
}

/** Digests have one length, so that comparing them tells nothing about the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
