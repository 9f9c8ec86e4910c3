import type { ServerBehindProxy } from '../servers/server-behind-proxy.js';

/** A way in which a server can be away. */
export interface Outage {
  /** How the server is then, as in "while Redis is …". */
  readonly name: string;
  /** The URL on which it can be seen. */
  url(server: ServerBehindProxy): string;
  begin(server: ServerBehindProxy): Promise<void>;
  end(server: ServerBehindProxy): Promise<void>;
}

/** Nothing listens on its port. */
export const refused: Outage = {
  name: 'refused',
  url: ({ url }) => url,
  begin: ({ server }) => server.kill9(),
  end: ({ server }) => server.restart(),
};

/** The network takes everything and brings nothing back. */
export const blackHoled: Outage = {
  name: 'black-holed',
  url: ({ proxiedUrl }) => proxiedUrl,
  begin: async ({ proxy }) => proxy.blackHole(),
  end: ({ proxy }) => proxy.heal(),
};

/** The system takes its connections, its processes do not run. */
export const frozen: Outage = {
  name: 'frozen',
  url: ({ url }) => url,
  begin: async ({ server }) => server.stop(),
  end: async ({ server }) => server.resume(),
};
