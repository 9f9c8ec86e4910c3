import { get } from 'node:http';
import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type INestApplication,
  type INestApplicationContext,
  type LoggerService,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import { Clock } from 'nestjs-mainstay/common';
import { Operations, Resource, ResourceModule, ResourceRegistry } from 'nestjs-mainstay/resource';
import { StatusModule } from 'nestjs-mainstay/status';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it } from 'vitest';

const DRAIN_MS = 1_000;
/** For operations in flight, and for each resource to close. */
const LIMIT_MS = 2_000;
const PROBE_INTERVAL_MS = 300;
/** How long the application runs before its shutdown. */
const BEFORE_MS = 600;

type Platform = 'express' | 'fastify' | 'no HTTP';

interface Plan {
  readonly platform: Platform;
  /** How each resource closes. */
  readonly closings: readonly ('at once' | 'slowly' | 'fails' | 'hangs')[];
  /** How long a call of each resource has still to run when the shutdown begins; 0 for none, in milliseconds. */
  readonly inFlight: readonly number[];
  /** Whether the shutdown is asked for once more while it drains. */
  readonly isAskedTwice: boolean;
}

const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 4 }).chain((count) => {
  const each = { minLength: count, maxLength: count };
  const closing = fc.constantFrom('at once', 'slowly', 'fails', 'hangs' as const);
  return fc.record({
    platform: fc.constantFrom<Platform>('express', 'fastify', 'no HTTP'),
    closings: fc.array(closing, each),
    inFlight: fc.array(fc.constantFrom(0, 500, 1_500, 2_500, 60_000), each),
    isAskedTwice: fc.boolean(),
  });
});

/** What happened, in order. */
class Course {
  readonly events: string[] = [];

  add(event: string): void {
    this.events.push(event);
  }

  first(event: string): number {
    return this.events.indexOf(event);
  }
}

class PlannedResource extends Resource {
  readonly name: string;
  readonly #course: Course;
  readonly #clock: Clock;
  readonly #closing: Plan['closings'][number];

  constructor(name: string, course: Course, clock: Clock, closing: Plan['closings'][number]) {
    super();
    this.name = name;
    this.#course = course;
    this.#clock = clock;
    this.#closing = closing;
  }

  protected steps(): [] {
    return [];
  }

  async probe() {
    this.#course.add('probe');
    return { capabilities: { read: true } };
  }

  async close(): Promise<void> {
    this.#course.add(`${this.name} closes`);
    if (this.#closing === 'slowly') await this.#clock.sleep(700);
    if (this.#closing === 'fails') throw new Error('It does not close.');
    if (this.#closing === 'hangs') await new Promise(() => undefined);
  }
}

/** The hooks of a module of the application. */
class UserModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #course: Course;

  constructor(course: Course) {
    this.#course = course;
  }

  beforeApplicationShutdown(): void {
    this.#course.add('user before');
  }

  onApplicationShutdown(): void {
    this.#course.add('user end');
  }
}

/** Sees the summary that is written last. */
class FlushLog implements LoggerService {
  readonly #course: Course;

  constructor(course: Course) {
    this.#course = course;
  }

  log(): void {}
  warn(): void {}
  error(): void {}
  debug(message: string): void {
    if (message.startsWith('Last minute:')) this.#course.add('flush');
  }
}

interface Running {
  readonly app: INestApplicationContext;
  readonly url: string | undefined;
  readonly course: Course;
  readonly clock: FakeClock;
  readonly calls: readonly Promise<unknown>[];
}

@Module({})
class PlannedModule {}

async function start({ platform, closings, inFlight }: Plan): Promise<Running> {
  const clock = new FakeClock();
  const course = new Course();
  const providers: Provider[] = closings.map((closing, index) => ({
    provide: `resource ${index}`,
    useFactory: () => new PlannedResource(`r${index}`, course, clock, closing),
  }));
  const config = { drainDelay: DRAIN_MS, probeInterval: PROBE_INTERVAL_MS };
  const module = await Test.createTestingModule({
    imports: [
      { module: PlannedModule, imports: [ResourceModule], providers },
      StatusModule.forRoot({ config }),
    ],
    providers: [{ provide: 'user module', useFactory: () => new UserModule(course) }],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  const { app, url } = await listen(module, platform, course);
  const operations = app.get(Operations, { strict: false });
  const calls = inFlight.map((durationMs, index) => {
    const name = `r${index}`;
    const unlimited = { tryTimeoutMs: false, totalTimeoutMs: false, retry: false } as const;
    const bound = operations.of({ name }, unlimited).bind('work');
    if (durationMs === 0) return Promise.resolve();
    const call = bound.run(
      (_, { signal }) => clock.sleep(BEFORE_MS + durationMs, signal),
      undefined,
    );
    const ended = (): void => course.add(`${name} call ends`);
    return call.then(ended, ended);
  });
  // One that has ended, so that there is something to write in the end.
  await operations
    .of({ name: 'r0' })
    .bind('done')
    .run(() => undefined, undefined);
  return { app, url, course, clock, calls };
}

async function listen(
  module: Awaited<ReturnType<ReturnType<typeof Test.createTestingModule>['compile']>>,
  platform: Platform,
  course: Course,
): Promise<{ app: INestApplicationContext; url: string | undefined }> {
  const logger = new FlushLog(course);
  if (platform === 'no HTTP') {
    module.useLogger(logger);
    return { app: await module.init(), url: undefined };
  }
  const app: INestApplication =
    platform === 'express'
      ? module.createNestApplication({ logger })
      : module.createNestApplication(new FastifyAdapter(), { logger });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

/** Moves time on until the application has closed. @returns how long that took by its clock, in milliseconds */
async function closeByClock(app: INestApplicationContext, clock: FakeClock): Promise<number> {
  const startedAt = clock.now();
  let isClosed = false;
  const closing = app.close().then(() => (isClosed = true));
  for (let step = 0; !isClosed && step < 400; step++) {
    await clock.advance(50);
    await clock.settle();
  }
  await closing;
  return clock.now() - startedAt;
}

afterEach(() => Logger.overrideLogger(true));

describe('the shutdown', () => {
  it('status rule 16: readyz 503, drain, probes stop, last flush, resources close in reverse order', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { app, url, course, clock, calls } = await start(plan);
        await clock.advance(BEFORE_MS);
        expect(course.events).toContain('probe');
        if (url) expect(await statusOf(`${url}/readyz`)).toBe(200);
        const names = app
          .get(ResourceRegistry, { strict: false })
          .all()
          .map(({ name }) => name);
        course.events.length = 0;

        const drain = plan.isAskedTwice ? [app.close(), app.close()] : [app.close()];
        await clock.settle();
        if (url) {
          expect(await statusOf(`${url}/readyz`)).toBe(503);
          expect(await statusOf(`${url}/livez`)).toBe(200);
        }
        await clock.advance(DRAIN_MS - 1);
        // While it drains, the application does everything that it did before.
        expect(course.first('flush')).toBe(-1);
        expect(course.events.some((event) => event.endsWith(' closes'))).toBe(false);
        expect(course.events).toContain('probe');

        const tookMs = await closeByClock(app, clock);
        await Promise.all([...drain, ...calls]);
        expect(tookMs).toBeLessThanOrEqual(LIMIT_MS * (names.length + 1) + 200);

        expect(course.events.lastIndexOf('probe')).toBeLessThan(course.first('flush'));
        expect(course.events.filter((event) => event === 'flush')).toHaveLength(1);
        const closings = course.events.filter((event) => event.endsWith(' closes'));
        expect(closings).toEqual(names.toReversed().map((name) => `${name} closes`));
        expect(course.first('flush')).toBeLessThan(course.first(closings[0] ?? ''));
        for (const [index, durationMs] of plan.inFlight.entries()) {
          if (durationMs === 0) continue;
          // It ends by itself or is cancelled, but not after what it works with.
          const end = course.first(`r${index} call ends`);
          expect(end).toBeGreaterThan(-1);
          expect(end).toBeLessThan(course.first(`r${index} closes`));
        }
        expect(course.first('user before')).toBeGreaterThan(-1);
        expect(clock.pending.all).toBe(0);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 120_000);
});
