import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { HealthGroupOptions } from './health/health-groups.js';
import type { StatusConfig, StatusDetails } from './status.config.js';

/** How long requests are still served after readiness went off, in production, in milliseconds. */
const PRODUCTION_DRAIN_DELAY_MS = 2_000;

/**
 * Decides whether a request may see the routes that are not public.
 * @param request the platform's request: Express's or Fastify's; that of `node:http` at the management port
 */
export type AuthorizeStatusRequest = (request: unknown) => boolean | Promise<boolean>;

/** What {@link StatusModule} takes beside its configuration. */
export interface StatusModuleOptions {
  /** Values that win over the environment. */
  readonly config?: Partial<StatusConfig>;
  /**
   * Opens `/metrics`, `/health`, `/status.json` and `/status/events` to requests that it accepts; stands beside `STATUS_TOKEN`. What it throws
   * counts as a refusal.
   */
  readonly authorize?: AuthorizeStatusRequest;
  /**
   * Groups of resources that have a route of their own: `{ payments: ['cache', 'database'] }` answers at `/health/payments`.
   * A name that no resource has ends the start with an error.
   */
  readonly groups?: HealthGroupOptions;
}

/** Options of {@link StatusModule.forRootAsync}. */
export interface StatusModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  readonly useFactory: (...args: never[]) => StatusModuleOptions | Promise<StatusModuleOptions>;
}

/** The configuration with everything that depends on the environment decided. */
export interface ResolvedStatusOptions extends Omit<StatusConfig, 'details' | 'drainDelay'> {
  readonly details: StatusDetails;
  readonly drainDelayMs: number;
  /** Whether `/metrics`, `/health`, `/status.json` and `/status/events` ask who wants to see them. */
  readonly isRestricted: boolean;
  readonly authorize: AuthorizeStatusRequest | undefined;
}

/** Decides what depends on the environment: production is closed, and drains before it stops. */
export function resolveStatusOptions(
  config: StatusConfig,
  authorize: AuthorizeStatusRequest | undefined,
  isProduction: boolean,
): ResolvedStatusOptions {
  const { details, drainDelay, ...rest } = config;
  return {
    ...rest,
    details: details ?? (isProduction ? 'never' : 'always'),
    drainDelayMs: drainDelay ?? (isProduction ? PRODUCTION_DRAIN_DELAY_MS : 0),
    isRestricted: isProduction || config.token !== undefined || authorize !== undefined,
    authorize,
  };
}
