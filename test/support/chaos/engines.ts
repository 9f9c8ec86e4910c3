import { ServerBehindProxy } from '../servers/server-behind-proxy.js';

/** A server that a service depends on. */
export interface Engine {
  /** The resource of the service that stands on it. */
  readonly resource: 'cache' | 'database';
  readonly name: string;
  /** What its resource is while it is away. */
  readonly stateWhenAway: 'degraded' | 'down';
  readonly urlVariable: string;
  readonly bootVariable: string;
  start(): Promise<ServerBehindProxy>;
}

export const engines: readonly Engine[] = [
  {
    resource: 'cache',
    name: 'Redis',
    stateWhenAway: 'degraded', // the memory of the process answers
    urlVariable: 'CACHE_URL',
    bootVariable: 'CACHE_BOOT',
    start: () => ServerBehindProxy.redis(),
  },
  {
    resource: 'database',
    name: 'PostgreSQL',
    stateWhenAway: 'down',
    urlVariable: 'DATABASE_URL',
    bootVariable: 'DATABASE_BOOT',
    start: () => ServerBehindProxy.postgres(),
  },
];
