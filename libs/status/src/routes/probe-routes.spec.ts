import type { ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { ResourceModule } from 'nestjs-mainstay/resource';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Liveness, StatusModule } from '../index.js';

const unhandled = vi.fn<(reason: unknown) => void>();
let app: INestApplication;
let url: string;

/** As a middleware for timeouts does while a hook takes its time. */
function answerEarly(request: unknown): boolean {
  (request as { res: ServerResponse }).res.writeHead(503).end('too late');
  return true;
}

beforeEach(async () => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
  const config = { details: 'when-authorized' as const };
  const module = await Test.createTestingModule({
    imports: [StatusModule.forRoot({ authorize: answerEarly, config }), ResourceModule],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  app.get(Liveness).markFatal('a test');
  url = await app.getUrl();
});

afterEach(async () => {
  process.off('unhandledRejection', unhandled);
  await app.close();
});

describe('the routes on Express', () => {
  it.each(['/livez', '/metrics', '/health', '/status.json', '/status/events'])(
    'status rule 6: a request to %s that the application answered meanwhile does not end the process',
    async (path) => {
      const response = await fetch(url + path);
      expect([response.status, await response.text()]).toEqual([503, 'too late']);
      // A rejection that nobody handles is told once the microtasks have run.
      await app.get(Clock).yield();
      expect(unhandled).not.toHaveBeenCalled();
    },
  );
});
