import type { ServerControl } from '../servers/server-control.js';

/** What happens to a server that is in use. */
export interface Disturbance {
  /** As in "Redis is …". */
  readonly name: string;
  /** Whether the server is away between {@link begin} and {@link end}. */
  readonly isOutage: boolean;
  begin(server: ServerControl): Promise<void>;
  end(server: ServerControl): Promise<void>;
}

export const disturbances: readonly Disturbance[] = [
  {
    name: 'killed (SIGKILL) and started again',
    isOutage: true,
    begin: (server) => server.kill9(),
    end: (server) => server.restart(),
  },
  {
    name: 'frozen (SIGSTOP) and let go on',
    isOutage: true,
    begin: async (server) => server.stop(),
    end: async (server) => server.resume(),
  },
  {
    name: 'restarted',
    isOutage: false,
    begin: (server) => server.restart(),
    end: () => Promise.resolve(),
  },
];
