import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Post,
  Query,
  Req,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
  type INestApplication,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { of } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CacheModule } from '../cache.module.js';
import { CacheService } from '../cache.service.js';
import { CacheInterceptor } from './cache.interceptor.js';
import { CacheResponse, type CacheableRequest } from './cache-response.decorator.js';

class Article {
  constructor(readonly title: string) {}
}

interface Reply {
  status(code: number): unknown;
  send(body: unknown): unknown;
}

const clock = new SystemClock();
const calls: string[] = [];

function called(name: string): number {
  calls.push(name);
  return calls.filter((call) => call === name).length;
}

@Controller('articles')
@UseInterceptors(CacheInterceptor)
class ArticlesController {
  @Get()
  list(@Query('page') page?: string): object {
    return { page: page ?? null, call: called('list') };
  }

  @Get('slow')
  async slow(): Promise<object> {
    const call = called('slow');
    await clock.yield();
    return { call };
  }

  @Get('mine')
  @CacheResponse({
    principal: ({ headers }: CacheableRequest) => headers['authorization'] as string,
  })
  mine(@Req() request: CacheableRequest): object {
    return { for: request.headers['authorization'] ?? null, call: called('mine') };
  }

  @Get('short')
  @CacheResponse({ ttl: 0 })
  short(): object {
    return { call: called('short') };
  }

  @Get('tagged')
  @CacheResponse({ tags: ['articles'], key: () => 'tagged' })
  tagged(): object {
    return { call: called('tagged') };
  }

  @Get('null')
  nothing(): null {
    called('null');
    return null;
  }

  @Get('stored-null')
  @CacheResponse({ storeNull: true })
  storedNothing(): null {
    called('stored-null');
    return null;
  }

  @Get('failing')
  failing(): never {
    called('failing');
    throw new NotFoundException('no such article');
  }

  @Get('instance')
  instance(): Article {
    return new Article(`call ${called('instance')}`);
  }

  @Get('plain-instance')
  @CacheResponse({ instances: true })
  plainInstance(): Article {
    return new Article(`call ${called('plain-instance')}`);
  }

  @Get('file')
  @Header('content-type', 'text/plain')
  file(): StreamableFile {
    return new StreamableFile(Readable.from([`call ${called('file')}`]));
  }

  @Get('own')
  async own(@Res() reply: Reply): Promise<void> {
    const call = called('own');
    await clock.yield();
    reply.send({ call });
  }

  @Get('teapot')
  teapot(@Res({ passthrough: true }) reply: Reply): object {
    reply.status(418);
    return { call: called('teapot') };
  }

  @Get('accepted')
  @HttpCode(202)
  accepted(): object {
    return { call: called('accepted') };
  }

  @Sse('events')
  events(): unknown {
    called('events');
    return of({ data: 'one' });
  }

  @Post()
  create(): object {
    return { call: called('create') };
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('cache rule 21: CacheInterceptor on %s', (_name, adapter) => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.forRoot()],
      controllers: [ArticlesController],
    }).compile();
    app = module.createNestApplication(adapter());
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    url = `${await app.getUrl()}/articles`;
  });

  afterAll(() => app.close());

  beforeEach(async () => {
    calls.length = 0;
    await app.get(CacheService).clear();
  });

  async function request(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url + path, init);
    return { status: response.status, body: await response.text() };
  }

  /** The answers of two requests, one after the other, and how often the handler was called. */
  async function twice(path: string, init?: RequestInit): Promise<[Answer, Answer, number]> {
    const answers: [Answer, Answer] = [await request(path, init), await request(path, init)];
    return [...answers, calls.length];
  }

  it('calls the handler once for one URL', async () => {
    const [first, second, count] = await twice('');
    expect(first).toEqual({ status: 200, body: '{"page":null,"call":1}' });
    expect(second).toEqual(first);
    expect(count).toBe(1);
  });

  it('keeps URLs apart that differ in their query', async () => {
    const pages = [await request('?page=1'), await request('?page=2'), await request('?page=1')];
    expect(pages.map(({ body }) => (JSON.parse(body) as { page: string }).page)).toEqual([
      '1',
      '2',
      '1',
    ]);
    expect(calls).toHaveLength(2);
  });

  it('calls the handler once for concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => request('/slow')));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['{"call":1}']));
    expect(calls).toEqual(['slow']);
  });

  it.each([{ authorization: 'Bearer a' }, { cookie: 'sid=1' }])(
    'does not cache a request that carries %j',
    async (headers) => {
      const [, , count] = await twice('', { headers });
      expect(count).toBe(2);
      await request('');
      expect(calls).toHaveLength(3);
    },
  );

  it('caches it for each principal that the key includes', async () => {
    const ada = { headers: { authorization: 'ada' } };
    const grace = { headers: { authorization: 'grace' } };
    const answers = [await request('/mine', ada), await request('/mine', grace)];
    expect(answers.map(({ body }) => body)).toEqual([
      '{"for":"ada","call":1}',
      '{"for":"grace","call":2}',
    ]);
    expect(await request('/mine', ada)).toEqual(answers[0]);
    expect(calls).toHaveLength(2);
  });

  it('takes TTL, tags and key of @CacheResponse', async () => {
    expect((await twice('/short'))[2]).toBe(2);
    calls.length = 0;
    expect((await twice('/tagged?a=1'))[2]).toBe(1);
    await request('/tagged?a=2');
    expect(calls).toHaveLength(1);
    await app.get(CacheService).invalidateTags('articles');
    await request('/tagged');
    expect(calls).toHaveLength(2);
  });

  it('stores null only when told', async () => {
    expect((await twice('/null'))[2]).toBe(2);
    calls.length = 0;
    expect((await twice('/stored-null'))[2]).toBe(1);
  });

  it('does not cache what a handler throws', async () => {
    const [first, second, count] = await twice('/failing');
    expect([first.status, second.status, count]).toEqual([404, 404, 2]);
    expect(first.body).toContain('no such article');
  });

  it('does not cache class instances, unless told that plain data will do', async () => {
    const [first, second] = await twice('/instance');
    expect([first.body, second.body]).toEqual(['{"title":"call 1"}', '{"title":"call 2"}']);
    const [third, fourth] = await twice('/plain-instance');
    expect([third.body, fourth.body]).toEqual(['{"title":"call 1"}', '{"title":"call 1"}']);
  });

  it('passes files through', async () => {
    const [first, second] = await twice('/file');
    expect([first.body, second.body]).toEqual(['call 1', 'call 2']);
  });

  it('passes responses through that handlers write themselves, concurrent ones too', async () => {
    const answers = await Promise.all([request('/own'), request('/own'), request('/own')]);
    expect(answers.map(({ body }) => body).toSorted()).toEqual([
      '{"call":1}',
      '{"call":2}',
      '{"call":3}',
    ]);
  });

  it('does not cache a response whose status the handler changes', async () => {
    const [first, second] = await twice('/teapot');
    expect([first, second]).toEqual([
      { status: 418, body: '{"call":1}' },
      { status: 418, body: '{"call":2}' },
    ]);
  });

  it('answers from the cache with the status of the route', async () => {
    const [first, second, count] = await twice('/accepted');
    expect([first.status, second.status, count]).toEqual([202, 202, 1]);
  });

  it('leaves server-sent events alone', async () => {
    const [first, second, count] = await twice('/events');
    expect([first.body, second.body].every((body) => body.includes('data: one'))).toBe(true);
    expect(count).toBe(2);
  });

  it('leaves other methods alone', async () => {
    const [, , count] = await twice('', { method: 'POST' });
    expect(count).toBe(2);
  });
});
