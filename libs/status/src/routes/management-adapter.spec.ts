import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManagementAdapter } from './management-adapter.js';

const TEXT = ['# HELP x Some.\n', 'x 1\n', '# EOF\n'];

let adapter: ManagementAdapter;
let server: Server;
let url: string;

beforeEach(async () => {
  adapter = new ManagementAdapter();
  server = createServer((request, response) => adapter.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function fileOf(parts: readonly string[]): StreamableFile {
  const length = Buffer.byteLength(parts.join(''));
  return new StreamableFile(Readable.from(parts.map((part) => Buffer.from(part))), {
    type: 'text/x-metrics; version=1',
    length,
  });
}

describe('ManagementAdapter', () => {
  it('status rule 6: answers a stream as what it says it is, as the platforms do', async () => {
    adapter.get('/metrics', (_request, response) => adapter.reply(response, fileOf(TEXT), 200));
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([200, TEXT.join('')]);
    expect(answer.headers.get('content-type')).toBe('text/x-metrics; version=1');
    expect(answer.headers.get('content-length')).toBe(String(TEXT.join('').length));
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(String(TEXT.join('').length));
  });

  it('ends a stream whose client has left', async () => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
      },
    });
    adapter.get('/metrics', (_request, response) => {
      adapter.reply(response, new StreamableFile(source), 200);
    });
    const left = once(source, 'close').catch(() => undefined);
    const request = get(`${url}/metrics`);
    const [response] = (await once(request, 'response')) as [Readable];
    response.on('error', () => undefined);
    request.destroy();
    await left;
    expect(source.destroyed).toBe(true);
  });
});
