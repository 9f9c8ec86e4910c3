import type { ServerBehindProxy } from '../servers/server-behind-proxy.js';

/** What happens to a server that is in use. */
export interface Disturbance {
  /** As in "Redis is …". */
  readonly name: string;
  /** Whether the server is away between {@link begin} and {@link end}. */
  readonly isOutage: boolean;
  begin(server: ServerBehindProxy): Promise<void>;
  end(server: ServerBehindProxy): Promise<void>;
}

/** What happens to the server itself. */
export const serverDisturbances: readonly Disturbance[] = [
  {
    name: 'killed (SIGKILL) and started again',
    isOutage: true,
    begin: ({ server }) => server.kill9(),
    end: ({ server }) => server.restart(),
  },
  {
    name: 'frozen (SIGSTOP) and let go on',
    isOutage: true,
    begin: async ({ server }) => server.stop(),
    end: async ({ server }) => server.resume(),
  },
  {
    name: 'restarted',
    isOutage: false,
    begin: ({ server }) => server.restart(),
    end: () => Promise.resolve(),
  },
];

/** What happens to the network on the way to it. */
export const networkDisturbances: readonly Disturbance[] = [
  {
    name: 'cut off and reachable again',
    isOutage: true,
    begin: async ({ proxy }) => proxy.cut(),
    end: ({ proxy }) => proxy.heal(),
  },
  {
    name: 'behind a network that swallows everything for a while',
    isOutage: true,
    begin: async ({ proxy }) => proxy.blackHole(),
    end: ({ proxy }) => proxy.heal(),
  },
];
