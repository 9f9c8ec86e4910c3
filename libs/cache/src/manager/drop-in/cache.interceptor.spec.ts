import {
  Controller,
  Get,
  NotFoundException,
  Res,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cache } from '../cache-manager-token.js';
import { CacheInterceptor } from './cache.interceptor.js';
import { CacheKey, CacheTTL } from './cache-metadata.decorators.js';
import { CacheModule } from './cache.module.js';

class Article {
  constructor(readonly title: string) {}
}

interface Reply {
  status(code: number): unknown;
}

const clock = new SystemClock();
let calls = 0;

@Controller('articles')
@UseInterceptors(CacheInterceptor)
class ArticlesController {
  @Get()
  list(): object {
    return { call: ++calls };
  }

  @Get('slow')
  async slow(): Promise<object> {
    const call = ++calls;
    await clock.yield();
    return { call };
  }

  @Get('slow-null')
  async slowNull(): Promise<null> {
    calls++;
    await clock.yield();
    return null;
  }

  @Get('shared')
  @CacheKey('shared')
  shared(): object {
    return { call: ++calls };
  }

  @Get('mine')
  @CacheKey((context: ExecutionContext) => `mine:${authorizationOf(context)}`)
  mine(): object {
    return { call: ++calls };
  }

  @Get('instance')
  instance(): Article {
    return new Article(`call ${++calls}`);
  }

  @Get('accepted')
  accepted(@Res({ passthrough: true }) reply: Reply): object {
    reply.status(202);
    return { call: ++calls };
  }

  @Get('failing')
  failing(): never {
    calls++;
    throw new NotFoundException('no such article');
  }

  @Sse('events')
  events(): Observable<object> {
    return of({ data: ++calls });
  }

  @CacheKey('messages')
  messages(): void {}

  @CacheTTL(-1)
  @Get('mistaken')
  mistaken(): object {
    return { call: ++calls };
  }
}

function authorizationOf(context: ExecutionContext): string {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
  return headers['authorization'] ?? '';
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('the interceptor of nestjs-mainstay/cache-manager on %s', (_name, createAdapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.register()],
      controllers: [ArticlesController],
      providers: [CacheInterceptor],
    }).compile();
    app = module.createNestApplication(createAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    calls = 0;
    await app.get(Cache).clear();
  });

  function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const close = { connection: 'close' };
    return app
      .getUrl()
      .then((url) => fetch(`${url}${path}`, { headers: { ...close, ...headers } }));
  }

  async function bodies(path: string, headers?: Record<string, string>): Promise<unknown[]> {
    return [await (await get(path, headers)).json(), await (await get(path, headers)).json()];
  }

  it('cache rule 21: concurrent misses share one call of the handler', async () => {
    const responses = await Promise.all(['', '', ''].map(() => get('/articles/slow')));
    expect(await Promise.all(responses.map((response) => response.json()))).toEqual(
      Array.from({ length: 3 }, () => ({ call: 1 })),
    );
    expect(responses.map(({ headers }) => headers.get('x-cache')).toSorted()).toEqual([
      'HIT',
      'HIT',
      'MISS',
    ]);
  });

  it('cache rule 21: where one handler gives null, each request has its own', async () => {
    const responses = await Promise.all(['', ''].map(() => get('/articles/slow-null')));
    expect(responses.map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'MISS']);
    expect(calls).toBe(2);
  });

  it.each([{ authorization: 'Bearer a' }, { cookie: 'session=a' }])(
    'cache rule 21: a request with %j is cached neither under its URL nor under one key for all',
    async (headers) => {
      expect(await bodies('/articles', headers)).toEqual([{ call: 1 }, { call: 2 }]);
      expect(await bodies('/articles/shared', headers)).toEqual([{ call: 3 }, { call: 4 }]);
      expect(await bodies('/articles/shared')).toEqual([{ call: 5 }, { call: 5 }]);
    },
  );

  it('cache rule 21: a request with credentials is cached under a key that is made for it', async () => {
    expect(await bodies('/articles/mine', { authorization: 'a' })).toEqual([
      { call: 1 },
      { call: 1 },
    ]);
    expect(await bodies('/articles/mine', { authorization: 'b' })).toEqual([
      { call: 2 },
      { call: 2 },
    ]);
  });

  it('caches neither class instances nor what has a status of its own', async () => {
    expect(await bodies('/articles/instance')).toEqual([{ title: 'call 1' }, { title: 'call 2' }]);
    expect(await bodies('/articles/accepted')).toEqual([{ call: 3 }, { call: 4 }]);
  });

  it('caches no errors and no events', async () => {
    for (const call of [1, 2]) {
      expect((await get('/articles/failing')).status).toBe(404);
      expect(calls).toBe(call);
    }
    for (const call of [3, 4]) {
      expect(await (await get('/articles/events')).text()).toContain(`data: ${call}`);
    }
  });

  it('runs the handler where the URL is too long for a key, or null was stored under it', async () => {
    expect(await bodies(`/articles?q=${'x'.repeat(1_100)}`)).toEqual([{ call: 1 }, { call: 2 }]);
    await app.get(Cache).set('/articles', null);
    const response = await get('/articles');
    expect(response.headers.get('x-cache')).toBe('MISS');
    expect(await response.json()).toEqual({ call: 3 });
  });

  it('cache rule 17: refuses a TTL that is none', async () => {
    expect((await get('/articles/mistaken')).status).toBe(500);
  });

  it('keeps the last of several answers to a message', async () => {
    const interceptor = app.get(CacheInterceptor);
    const answered = async (...values: unknown[]): Promise<unknown[]> => {
      const next: CallHandler = { handle: () => of(...values) };
      const answers = await interceptor.intercept(messageContext(), next);
      return lastValueFrom(answers.pipe(toArray()));
    };
    expect(await answered('a', 'b')).toEqual(['a', 'b']);
    expect(await answered('c')).toEqual(['b']);
  });
});

function messageContext(): ExecutionContext {
  const context = {
    getType: () => 'rpc',
    getHandler: () => ArticlesController.prototype.messages,
    getClass: () => ArticlesController,
  };
  return context as unknown as ExecutionContext;
}
