import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import { Logger } from '@nestjs/common';
import { SystemClock } from 'nestjs-mainstay/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ManagementRoutes } from './management-routes.js';
import { ManagementServer } from './management-server.js';
import type { RouteAdapter } from './route-answer.js';

const logged = vi.fn<(message: unknown) => void>();
const failed = vi.fn<(message: unknown) => void>();
let server: ManagementServer;
let underneath: Server | undefined;

/** One route, which shows the server of Node.js that it is served by. */
const routes = {
  register(adapter: RouteAdapter) {
    adapter.get('/', (request, response) => {
      underneath = ((request as IncomingMessage).socket as unknown as { server: Server }).server;
      adapter.reply(response, 'here');
    });
  },
} as ManagementRoutes;

beforeEach(async () => {
  logged.mockClear();
  failed.mockClear();
  vi.spyOn(Logger.prototype, 'log').mockImplementation(logged);
  vi.spyOn(Logger.prototype, 'error').mockImplementation(failed);
  server = new ManagementServer(new SystemClock(), { port: 0, host: '127.0.0.1' }, routes);
  await server.onModuleInit();
});

afterEach(async () => {
  await server.onApplicationShutdown();
  vi.restoreAllMocks();
});

describe('ManagementServer', () => {
  it('says which port it got, where any was asked for', async () => {
    const port = /port (\d+)$/.exec(String(logged.mock.calls[0]?.[0]))?.[1];
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
  });

  it('does not end the process when a connection cannot be accepted', async () => {
    const port = /port (\d+)$/.exec(String(logged.mock.calls[0]?.[0]))?.[1];
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    const refused = Object.assign(new Error('accept ENFILE'), { code: 'ENFILE' });
    expect(() => underneath?.emit('error', refused)).not.toThrow();
    expect(failed).toHaveBeenCalledWith(expect.stringContaining('accept ENFILE'));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
  });
});
