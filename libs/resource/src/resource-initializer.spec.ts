import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { InitializationStep } from './initialization-step.js';
import { Operations } from './operations.js';
import type { ProbeResult } from './probe-result.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceInitializer } from './resource-initializer.js';
import { ResourceRegistry } from './resource-registry.js';
import { Resource, type BootPolicy } from './resource.js';

type Run = InitializationStep['run'];

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const DENIED = Object.assign(new Error('no'), {
  classification: { kind: 'permanent', type: 'AUTH', reason: 'auth' },
});

/** A resource whose steps and closing a test decides about. */
class StagedResource extends Resource {
  readonly name: string;
  override readonly boot: BootPolicy;
  readonly events: string[];
  stepList: InitializationStep[] = [];
  closing: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(name: string, boot: BootPolicy = 'degraded', events: string[] = []) {
    super();
    this.name = name;
    this.boot = boot;
    this.events = events;
  }

  /** Adds a step; `run` is asked at each try. */
  step(name: string, run: Run = () => undefined, timeoutMs?: number): this {
    const logged: Run = (signal) => {
      this.events.push(`${this.name}: ${name}`);
      return run(signal);
    };
    this.stepList.push({ name, run: logged, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    return this;
  }

  protected steps(): readonly InitializationStep[] {
    return this.stepList;
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ capabilities: {} });
  }

  close(signal: AbortSignal): Promise<void> {
    this.events.push(`${this.name}: close`);
    return this.closing(signal);
  }
}

/** Fails so many times, then passes. */
function failing(times: number, error: unknown = REFUSED): Run {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(error) : Promise.resolve());
}

const never = (): Promise<never> => new Promise(() => undefined);

function setUp() {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const registry = new ResourceRegistry();
  const operations = new Operations(clock, recorded);
  const closer = new ResourceCloser(registry, clock);
  const initializer = new ResourceInitializer(registry, operations, closer, clock, recorded);
  const phases: string[] = [];
  registry.subscribe(({ name, phase }) => phases.push(`${name} ${phase}`));
  onTestFinished(() => initializer.stop());
  return { clock, recorded, registry, operations, closer, initializer, phases };
}

/** Follows a promise without waiting for it. */
function watch(promise: Promise<unknown>) {
  const watched = { state: 'pending' };
  promise.then(
    () => (watched.state = 'resolved'),
    () => (watched.state = 'rejected'),
  );
  return watched;
}

describe('ResourceInitializer', () => {
  const lines = { log: [] as string[], warn: [] as string[], error: [] as string[] };

  beforeEach(() => {
    for (const level of ['log', 'warn', 'error'] as const) {
      lines[level] = [];
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => {
        lines[level].push(String(text));
      });
    }
    vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  describe('an initialisation that passes', () => {
    it('runs the steps in order, records each, and says that the resource is ready', async () => {
      const { initializer, recorded, phases, registry, clock } = setUp();
      const resource = new StagedResource('cache').step('validate config').step('test connection');
      await initializer.start(resource);
      expect(resource.events).toEqual(['cache: validate config', 'cache: test connection']);
      expect(recorded.calls).toEqual([
        'cache step: validate config passed',
        'cache step: test connection passed',
        'cache initialization succeeded',
      ]);
      expect(phases).toEqual(['cache initializing', 'cache ready']);
      expect(registry.get('cache')).toMatchObject({
        phase: 'ready',
        initializationTries: 1,
        lastError: undefined,
        steps: [
          { name: 'validate config', state: 'passed', durationMs: 0 },
          { name: 'test connection', state: 'passed', durationMs: 0 },
        ],
      });
      expect(lines.log).toEqual(['cache ready in 0 ms']);
      expect(clock.pending.all).toBe(0);
    });

    it('happens once, however often it is asked for', async () => {
      const { initializer } = setUp();
      const resource = new StagedResource('cache').step('test connection');
      await Promise.all([initializer.start(resource), initializer.start(resource)]);
      expect(resource.events).toEqual(['cache: test connection']);
    });

    it('runs beside that of other resources', async () => {
      const { initializer, clock } = setUp();
      const slow = (): Promise<void> => clock.sleep(300);
      const both = ['cache', 'database'].map((name) =>
        initializer.start(new StagedResource(name).step('create connection', slow)),
      );
      await clock.advance(300);
      await Promise.all(both);
      expect(clock.now()).toBe(300);
    });
  });

  describe('boot degraded', () => {
    it('starts without the resource as soon as a step has failed, and says once what to do', async () => {
      const { initializer, clock, recorded, phases } = setUp();
      const resource = new StagedResource('cache').step('test connection', failing(3));
      await initializer.start(resource);
      expect(clock.now()).toBe(0);
      await clock.advance(1_400);
      expect(lines.error).toEqual([
        'cache: step "test connection" failed: connect. Check that it is running, reachable at the configured address and able to take writes. Trying again in the background.',
      ]);
      expect(recorded.calls).toEqual([
        'cache step: test connection failed ECONNREFUSED',
        'cache initialization failed',
        'cache step: test connection failed ECONNREFUSED',
        'cache initialization failed',
        'cache step: test connection failed ECONNREFUSED',
        'cache initialization failed',
      ]);
      expect(phases.join()).toBe(Array(3).fill('cache initializing,cache failed').join());
    });

    it('tries again with full jitter between 200 ms and 1 s until all steps pass', async () => {
      const { initializer, clock, registry } = setUp();
      clock.randoms.push(0, 0.999_999);
      const resource = new StagedResource('cache').step('test connection', failing(2));
      await initializer.start(resource);
      await clock.advance(199);
      expect(resource.events.filter((event) => event.endsWith('connection'))).toHaveLength(1);
      await clock.advance(1);
      expect(resource.events.filter((event) => event.endsWith('connection'))).toHaveLength(2);
      await clock.advance(1_000);
      expect(registry.get('cache')).toMatchObject({ phase: 'ready', initializationTries: 3 });
      expect(lines.log).toEqual(['cache ready in 0 ms, at try 3']);
      expect(clock.pending.all).toBe(0);
    });

    it('resilience rule 8: ends an open state of the breaker as soon as all steps pass', async () => {
      const { initializer, clock, operations, registry } = setUp();
      const resource = new StagedResource('cache').step('test connection', failing(1));
      const get = operations.of(resource, { retry: false }).bind('get');
      await initializer.start(resource);
      const calls = Array.from({ length: 10 }, () =>
        get.runOrElse('failed', () => Promise.reject(REFUSED), 'key'),
      );
      await Promise.all(calls);
      expect(registry.get('cache')?.circuit).toBe('open');
      await clock.advance(600);
      expect(registry.get('cache')).toMatchObject({ phase: 'ready', circuit: 'closed' });
    });

    it('releases what a failed try has acquired before the next one', async () => {
      const { initializer, clock } = setUp();
      const resource = new StagedResource('cache')
        .step('create connection')
        .step('test operations', failing(1));
      await initializer.start(resource);
      await clock.advance(600);
      expect(resource.events).toEqual([
        'cache: create connection',
        'cache: test operations',
        'cache: close',
        'cache: create connection',
        'cache: test operations',
      ]);
    });

    it('waits 500 ms for a resource that does not answer, then starts without it', async () => {
      const { initializer, clock, registry } = setUp();
      const resource = new StagedResource('cache').step('test connection', never);
      const started = watch(initializer.start(resource));
      await clock.advance(499);
      expect(started.state).toBe('pending');
      await clock.advance(1);
      expect(started.state).toBe('resolved');
      expect(lines.warn).toEqual(['cache is not ready after 500 ms; starting without it']);
      expect(registry.get('cache')?.steps).toEqual([{ name: 'test connection', state: 'running' }]);
    });

    it('does not cut the try that it no longer waits for', async () => {
      const { initializer, clock, registry } = setUp();
      const slow = (): Promise<void> => clock.sleep(3_000);
      const started = initializer.start(new StagedResource('cache').step('test connection', slow));
      await clock.advance(500);
      await started;
      await clock.advance(2_500);
      expect(registry.get('cache')).toMatchObject({ phase: 'ready', initializationTries: 1 });
    });

    it('keeps the process alive while the boot waits, and not for tries in the background', async () => {
      const { initializer, clock } = setUp();
      const failed = new StagedResource('cache').step('test connection', failing(99));
      await initializer.start(failed);
      await clock.settle();
      expect(clock.pending).toEqual({ all: 1, foreground: 0 });
      void initializer.start(new StagedResource('database').step('test connection', never));
      await clock.settle();
      expect(clock.pending.foreground).toBe(2);
    });

    it('is not held by a close that hangs', async () => {
      const { initializer, clock, registry } = setUp();
      const resource = new StagedResource('cache').step('test connection', failing(1));
      resource.closing = never;
      await initializer.start(resource);
      expect(clock.now()).toBe(0);
      await clock.advance(2_600);
      expect(registry.get('cache')?.phase).toBe('ready');
      expect(lines.error).toContain(
        'Closing cache failed: cache did not close within 2 s; the shutdown goes on without it',
      );
    });

    it.each(['auth', 'configuration'])(
      'rejects at once where only a changed configuration helps (%s)',
      async (reason) => {
        const { initializer, clock } = setUp();
        const error = Object.assign(new Error('password=hunter2 is wrong.'), {
          classification: { kind: 'permanent', type: 'X', reason },
        });
        const resource = new StagedResource('cache').step('test connection', failing(99, error));
        await expect(initializer.start(resource)).rejects.toMatchObject({
          code: 'RESOURCE_UNAVAILABLE',
          message: expect.stringContaining(
            'cache could not be initialised: step "test connection" failed: password=***',
          ),
          context: { resource: 'cache', step: 'test connection' },
        });
        expect(clock.now()).toBe(0);
        expect(resource.events).toEqual(['cache: test connection', 'cache: close']);
      },
    );

    it('rejects with an error that shows as its message, without a trace of its own or of its cause', async () => {
      const { initializer } = setUp();
      const resource = new StagedResource('cache').step('test connection', failing(99, DENIED));
      const error = await initializer.start(resource).catch((reason: Error) => reason);
      expect(error).toMatchObject({ cause: expect.any(Error) });
      expect(inspect(error)).toBe((error as Error).message);
      expect((error as Error).stack).toBe((error as Error).message);
    });

    it('rejects at once also when closing hangs, within the time for closing', async () => {
      const { initializer, clock } = setUp();
      const resource = new StagedResource('cache').step('test connection', failing(99, DENIED));
      resource.closing = never;
      const started = watch(initializer.start(resource));
      await clock.advance(2_000);
      expect(started.state).toBe('rejected');
    });

    it('starts degraded on a permanent error that may be cured outside', async () => {
      const { initializer, clock, registry } = setUp();
      const notFound = Object.assign(new Error('x'), { status: 404 });
      await initializer.start(
        new StagedResource('payments').step('test connection', failing(1, notFound)),
      );
      await clock.advance(600);
      expect(registry.get('payments')?.phase).toBe('ready');
    });

    it('tells a new way of failing again, also when it comes after the boot', async () => {
      const { initializer, clock } = setUp();
      const errors = [REFUSED, REFUSED, DENIED, DENIED, REFUSED];
      const resource = new StagedResource('cache').step('test connection', () =>
        Promise.reject(errors.shift() ?? REFUSED),
      );
      await initializer.start(resource);
      await clock.advance(5_000);
      expect(errors).toEqual([]);
      expect(lines.error.map((line) => line.includes('credentials'))).toEqual([false, true]);
    });

    it('does not storm a server that refuses the password only after the boot: says what to do, shows it, tries ever more rarely', async () => {
      const { initializer, clock, registry } = setUp();
      const late = async (): Promise<void> => {
        await clock.sleep(1_000);
        throw DENIED;
      };
      const resource = new StagedResource('cache').step('test connection', late);
      const started = initializer.start(resource);
      await clock.advance(500);
      await started;
      await clock.advance(600_000);

      expect(lines.error).toEqual([
        'cache: step "test connection" failed: no. It refuses the credentials or the permissions: check them in the configuration. ' +
          'The application runs on without it, as it has started already; trying again at most every 30 s, in case the other side is changed.',
      ]);
      expect(registry.get('cache')).toMatchObject({ phase: 'failed', lastError: 'no' });
      expect(registry.get('cache')?.initializationTries).toBeLessThan(40);
    });

    it('takes steps() that throws for a step that fails', async () => {
      const { initializer, clock, registry, recorded } = setUp();
      const resource = new StagedResource('cache');
      const steps = vi.spyOn(resource, 'initializationSteps').mockImplementation(() => {
        throw REFUSED;
      });
      await initializer.start(resource);
      expect(recorded.calls[0]).toBe('cache step: prepare steps failed ECONNREFUSED');
      steps.mockRestore();
      await clock.advance(600);
      expect(registry.get('cache')?.phase).toBe('ready');
    });
  });

  describe('a step', () => {
    it.each([
      [undefined, 5_000],
      [1_000, 1_000],
    ])('with the deadline %s fails after %i ms, its signal aborted', async (timeoutMs, afterMs) => {
      const { initializer, clock, registry, recorded } = setUp();
      let signal: AbortSignal | undefined;
      const hung: Run = (given) => {
        signal = given;
        return never();
      };
      void initializer.start(new StagedResource('cache').step('test connection', hung, timeoutMs));
      await clock.advance(afterMs - 1);
      expect(registry.get('cache')?.phase).toBe('initializing');
      await clock.advance(1);
      expect(registry.get('cache')).toMatchObject({
        phase: 'failed',
        initializationMs: afterMs,
        lastError: expect.stringContaining('the step "test connection" did not end within'),
      });
      expect(signal?.reason).toMatchObject({ code: 'INITIALIZATION_TIMEOUT' });
      expect(recorded.calls[0]).toBe('cache step: test connection failed INITIALIZATION_TIMEOUT');
    });

    it('that rejects after its deadline harms nobody', async () => {
      const unhandled = vi.fn<(reason: unknown) => void>();
      process.on('unhandledRejection', unhandled);
      onTestFinished(() => void process.off('unhandledRejection', unhandled));
      const { initializer, clock } = setUp();
      const late: Run = async () => {
        await clock.sleep(200);
        throw new Error('too late');
      };
      void initializer.start(new StagedResource('cache').step('test connection', late, 100));
      await clock.advance(150);
      initializer.stop();
      await clock.advance(1_000);
      expect(unhandled).not.toHaveBeenCalled();
    });

    it('that comes back after a later try has passed does not close what that one made', async () => {
      const { initializer, clock, registry } = setUp();
      const durations = [3_000, 0];
      const resource = new StagedResource('cache').step(
        'create connection',
        () => clock.sleep(durations.shift() ?? 0),
        100,
      );
      void initializer.start(resource);
      await clock.advance(2_000);
      expect(registry.get('cache')).toMatchObject({ phase: 'ready', initializationTries: 2 });
      resource.events.length = 0;
      await clock.advance(2_000);
      expect(resource.events).toEqual([]);
    });

    it("is judged by the rules of the resource's operations", async () => {
      const { initializer, operations } = setUp();
      const resource = new StagedResource('payments').step(
        'test connection',
        failing(1, new Error('E_KEY')),
      );
      operations.of(resource, {
        rules: [() => ({ kind: 'permanent', type: 'E_KEY', reason: 'auth' })],
      });
      await expect(initializer.start(resource)).rejects.toMatchObject({
        code: 'RESOURCE_UNAVAILABLE',
      });
    });
  });

  describe('boot required', () => {
    it('waits until all steps have passed', async () => {
      const { initializer, clock, registry } = setUp();
      const resource = new StagedResource('database', 'required').step(
        'test connection',
        failing(5),
      );
      const started = watch(initializer.start(resource));
      await clock.advance(2_999);
      expect(started.state).toBe('pending');
      await clock.advance(1);
      expect(started.state).toBe('resolved');
      expect(registry.get('database')).toMatchObject({ phase: 'ready', initializationTries: 6 });
      expect(lines.error).toHaveLength(1);
      expect(lines.error[0]).toMatch(/Trying again\.$/);
      expect(clock.pending.all).toBe(0);
    });

    it('holds the process alive while it waits', async () => {
      const { initializer, clock } = setUp();
      const resource = new StagedResource('database', 'required').step(
        'test connection',
        failing(99),
      );
      void initializer.start(resource).catch(() => undefined);
      await clock.settle();
      expect(clock.pending.foreground).toBeGreaterThan(0);
    });

    it('rejects with the last error when its time is over, and closes everything', async () => {
      const { initializer, clock, registry } = setUp();
      const events: string[] = [];
      await initializer.start(new StagedResource('cache', 'degraded', events));
      const database = new StagedResource('database', 'required', events);
      const started = initializer.start(database.step('test connection', failing(Infinity)));
      started.catch(() => undefined);
      await clock.advance(25_000);
      await expect(started).rejects.toMatchObject({
        code: 'RESOURCE_UNAVAILABLE',
        context: { resource: 'database', step: 'test connection' },
      });
      expect(events.slice(-2)).toEqual(['database: close', 'cache: close']);
      expect(registry.all().map(({ phase }) => phase)).toEqual(['closed', 'closed']);
      expect(clock.pending.all).toBe(0);
    });

    it('rejects within 25 s, closing included, whatever hangs', async () => {
      const { initializer, clock } = setUp();
      const resources = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
        new StagedResource(name, 'required').step('test connection', never, 60_000),
      );
      for (const resource of resources) resource.closing = never;
      const all = resources.map((resource) => watch(initializer.start(resource)));
      await clock.advance(24_999);
      expect(all.map(({ state }) => state)).toEqual(Array(6).fill('pending'));
      await clock.advance(1);
      expect(all.map(({ state }) => state)).toEqual(Array(6).fill('rejected'));
      expect(clock.now()).toBe(25_000);
      expect(clock.pending.all).toBe(0);
    });

    it('names the step that is still running', async () => {
      const { initializer, clock } = setUp();
      const started = initializer.start(
        new StagedResource('database', 'required')
          .step('validate config')
          .step('create connection', never, 60_000),
      );
      started.catch(() => undefined);
      await clock.advance(25_000);
      await expect(started).rejects.toThrow(
        'database could not be initialised: step "create connection" failed: it did not end within 20 s.',
      );
    });

    it('rejects at once on a permanent error', async () => {
      const { initializer, clock } = setUp();
      const resource = new StagedResource('database', 'required');
      const error = Object.assign(new Error('x'), { code: 'ENOENT' });
      await expect(
        initializer.start(resource.step('test connection', failing(1, error))),
      ).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' });
      expect(clock.now()).toBe(0);
    });

    it('fails every other required boot with the one reason, after everything was closed', async () => {
      const { initializer, clock } = setUp();
      const events: string[] = [];
      const slow = new StagedResource('database', 'required', events).step(
        'test connection',
        never,
      );
      const slowClose = async (): Promise<void> => {
        await clock.sleep(1_000);
        events.push('database: closed');
      };
      slow.closing = slowClose;
      const denied = new StagedResource('cache', 'required', events);
      const all = [
        initializer.start(slow),
        initializer.start(denied.step('test connection', failing(1, DENIED))),
      ];
      for (const one of all) one.catch(() => events.push('rejected'));
      await clock.advance(1_000);
      expect(events.slice(-3)).toEqual(['database: closed', 'rejected', 'rejected']);
      for (const one of all) {
        await expect(one).rejects.toMatchObject({ context: { resource: 'cache' } });
      }
    });

    it('cuts the back-offs of operations when it is refused', async () => {
      const { initializer, clock, operations } = setUp();
      const get = operations.of({ name: 'database' }).bind('get', { idempotent: true });
      const waiting = get.runOrElse('failed', () => Promise.reject(REFUSED), 'key');
      await clock.settle();
      const denied = new StagedResource('cache').step('test connection', failing(1, DENIED));
      await expect(initializer.start(denied)).rejects.toThrow('cache');
      expect(await waiting).toBe('failed');
      expect(clock.now()).toBe(0);
    });

    it('lets nothing start after it was refused', async () => {
      const { initializer } = setUp();
      const denied = new StagedResource('cache').step('test connection', failing(1, DENIED));
      await expect(initializer.start(denied)).rejects.toThrow('cache');
      const late = new StagedResource('database').step('test connection');
      await expect(initializer.start(late)).rejects.toMatchObject({
        context: { resource: 'cache' },
      });
      expect(late.events).toEqual([]);
    });
  });

  describe('duplicate names', () => {
    it('end the boot, and what was started is closed', async () => {
      const { initializer, registry } = setUp();
      const first = new StagedResource('cache');
      await initializer.start(first);
      await expect(initializer.start(new StagedResource('cache'))).rejects.toMatchObject({
        code: 'RESOURCE_DUPLICATE',
        message: expect.stringContaining("forRoot({ name: '…' })"),
      });
      expect(first.events).toEqual(['cache: close']);
      expect(registry.get('cache')?.phase).toBe('closed');
    });
  });

  describe('shutdown', () => {
    it('cuts a back-off in the background', async () => {
      const { initializer, clock, closer, registry } = setUp();
      await initializer.start(new StagedResource('cache').step('test connection', failing(99)));
      await clock.settle();
      initializer.stop();
      await closer.closeAll();
      expect(clock.pending.all).toBe(0);
      await clock.advance(10_000);
      expect(registry.get('cache')).toMatchObject({ phase: 'closed', initializationTries: 1 });
    });

    it('cuts a step that is running in the background, and records nothing of it', async () => {
      const { initializer, clock, closer, recorded, registry, phases } = setUp();
      let signal: AbortSignal | undefined;
      const hung: Run = (given) => {
        signal = given;
        return never();
      };
      const started = initializer.start(new StagedResource('cache').step('test connection', hung));
      await clock.advance(500);
      await started;
      initializer.stop();
      await closer.closeAll();
      expect(signal?.reason).toMatchObject({ code: 'INITIALIZATION_CANCELLED' });
      expect(recorded.calls).toEqual([]);
      expect(lines.error).toEqual([]);
      expect(phases).toEqual(['cache initializing', 'cache closing', 'cache closed']);
      expect(registry.get('cache')?.phase).toBe('closed');
      expect(clock.pending.all).toBe(0);
    });

    it('closes again what a step brings that comes back after everything was closed', async () => {
      const { initializer, clock, closer } = setUp();
      const resource = new StagedResource('cache').step('create connection', async () => {
        await clock.sleep(3_000);
        resource.events.push('cache: connected');
      });
      const started = initializer.start(resource);
      await clock.advance(500);
      await started;
      initializer.stop();
      await closer.closeAll();
      await clock.advance(2_500);
      expect(resource.events.slice(-3)).toEqual([
        'cache: close',
        'cache: connected',
        'cache: close',
      ]);
    });

    it('closes again also what comes back while the closing is in progress', async () => {
      const { initializer, clock, closer } = setUp();
      const resource = new StagedResource('cache').step('create connection', () =>
        clock.sleep(700),
      );
      resource.closing = () => clock.sleep(500);
      const started = initializer.start(resource);
      await clock.advance(500);
      await started;
      initializer.stop();
      void closer.closeAll();
      await clock.advance(1_500);
      expect(resource.events.filter((event) => event.endsWith('close'))).toHaveLength(2);
    });

    it('rejects a required boot that it cuts', async () => {
      const { initializer, clock } = setUp();
      const database = new StagedResource('database', 'required');
      const started = initializer.start(database.step('test connection', failing(99)));
      started.catch(() => undefined);
      await clock.settle();
      initializer.stop();
      await expect(started).rejects.toMatchObject({ code: 'INITIALIZATION_CANCELLED' });
    });
  });

  describe('what only watches', () => {
    it('resilience rule 17: a recorder that throws does not disturb a boot', async () => {
      const { registry, closer, operations, clock } = setUp();
      const broken = (): never => {
        throw new Error('a defect in a recorder');
      };
      const recorder = {
        bind: broken,
        recordStep: broken,
        recordInitialization: broken,
        recordTransition: broken,
      };
      const initializer = new ResourceInitializer(registry, operations, closer, clock, recorder);
      await initializer.start(new StagedResource('cache').step('test connection'));
      expect(registry.get('cache')?.phase).toBe('ready');
    });

    it('resilience rule 17: nor does a listener of the registry, nor the logger', async () => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      for (const level of ['log', 'warn', 'error'] as const) {
        vi.spyOn(Logger.prototype, level).mockImplementation(() => {
          throw new Error('a broken transport');
        });
      }
      const { registry, initializer, clock } = setUp();
      registry.subscribe(() => {
        throw new Error('a defect in a listener');
      });
      await initializer.start(new StagedResource('cache').step('test connection', failing(2)));
      await clock.advance(2_000);
      expect(registry.get('cache')?.phase).toBe('ready');
    });

    it('works without a recorder', async () => {
      const { registry, closer, operations, clock } = setUp();
      const initializer = new ResourceInitializer(registry, operations, closer, clock);
      await initializer.start(new StagedResource('cache').step('test connection'));
      expect(registry.get('cache')?.phase).toBe('ready');
    });
  });
});
