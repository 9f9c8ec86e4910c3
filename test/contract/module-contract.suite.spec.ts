import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SystemClock } from 'nestjs-mainstay/common';
import type { ProbeResult } from 'nestjs-mainstay/resource';
import { StatusManager } from 'nestjs-mainstay/status';
import {
  describeModuleContract,
  type ModuleContractSubject,
} from 'nestjs-mainstay/testing/contract';
import { describe, expect, it } from 'vitest';
import { PartsBroker } from './module-contract/parts-broker.js';
import {
  PartsResource,
  PartsService,
  partsSubject,
  type PartsBlueprint,
} from './module-contract/parts-module.js';

const clock = new SystemClock();
/** What wrong modules leave behind; undone after each check. */
const leftBehind: (() => void)[] = [];

/**
 * Runs the suite with a runner of its own.
 * @param only the checks to run; @default all
 * @returns the names of all tests, and what failed with which message
 */
async function run(subject: ModuleContractSubject, only?: readonly string[]) {
  const tests: (readonly [name: string, test: () => Promise<void>])[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, test: () => Promise<void>) => tests.push([name, test]),
  };
  describeModuleContract(runner, subject);
  const failures = new Map<string, string>();
  for (const [name, test] of tests) {
    if (only && !only.includes(name)) continue;
    await test().catch((error: Error) => failures.set(name, error.message));
    for (const undo of leftBehind.splice(0)) undo();
  }
  return { names: tests.map(([name]) => name), failures };
}

class NamelessStep extends PartsResource {
  protected override steps() {
    return [{ name: '', run: (signal: AbortSignal) => this.connect(signal) }];
  }
}

class AlwaysDegraded extends PartsResource {
  override readonly boot = 'degraded';
}

class AlwaysRequired extends PartsResource {
  override readonly boot = 'required';
}

class NeverReconnects extends PartsResource {
  protected override lose(): void {}
}

class ProvesNothing extends PartsResource {
  override async probe(signal: AbortSignal): Promise<ProbeResult> {
    await super.probe(signal);
    return { capabilities: {} };
  }
}

class RecordedAsAnother extends PartsResource {
  override get recordedAs(): string {
    return 'parts';
  }
}

const taken = new Set<string>();
class MakesItsNameUnique extends PartsResource {
  override readonly name: string;
  constructor(...args: ConstructorParameters<typeof PartsResource>) {
    super(...args);
    const [, { instance }] = args;
    const wanted = instance === undefined ? 'parts' : `parts:${instance}`;
    this.name = taken.has(wanted) ? `${wanted}#2` : wanted;
    taken.add(this.name);
  }
  override async close(): Promise<void> {
    await super.close();
    taken.delete(this.name);
  }
}

class LeavesATimer extends PartsResource {
  protected override async connect(signal: AbortSignal): Promise<void> {
    await super.connect(signal);
    const timer = clock.schedule(() => undefined, 60_000, { background: true });
    leftBehind.push(() => timer.cancel());
  }
}

class LeavesListeners extends PartsService {
  override send(data: string): Promise<boolean> {
    const listener = (): void => undefined;
    process.setMaxListeners(0).on('warning', listener);
    leftBehind.push(() => process.off('warning', listener));
    return super.send(data);
  }
}

class AnswersFromMemory extends PartsService {
  #calls = 0;
  override send(data: string): Promise<boolean> {
    return ++this.#calls === 4 ? Promise.resolve(true) : super.send(data);
  }
}

class HidesTheCode extends PartsService {
  override async send(data: string): Promise<boolean> {
    if (!(await super.send(data))) throw new Error('It did not work.');
    return true;
  }
}

class AnswersMistakes extends PartsService {
  override send(data: string): Promise<boolean> {
    return data === '' ? Promise.resolve(false) : super.send(data);
  }
}

class NamesByData extends PartsService {
  override async send(data: string): Promise<boolean> {
    const sent = await super.send(data);
    await this.operations.bind(`size-${data.length}`).run(() => undefined, undefined);
    return sent;
  }
}

class LogsWhatItSends extends PartsService {
  override send(data: string): Promise<boolean> {
    new Logger('Parts').debug(`Sending ${data}.`);
    return super.send(data);
  }
}

class WaitsForItsCalls extends PartsService {
  readonly #running = new Set<Promise<boolean>>();
  override send(data: string): Promise<boolean> {
    const call = super.send(data);
    this.#running.add(call);
    const forget = (): boolean => this.#running.delete(call);
    call.then(forget, forget);
    return call;
  }
  protected override async sayGoodbye(): Promise<void> {
    const released = new Promise<void>((resolve) => leftBehind.push(resolve));
    await Promise.race([released, Promise.allSettled(this.#running)]);
  }
}

class WaitsForTheBroker extends PartsService {
  protected override async sayGoodbye(): Promise<void> {
    await this.resource.broker.answers();
  }
}

const NEEDS_STATUS = [
  {
    provide: 'needs status',
    inject: [StatusManager],
    useFactory: (status: StatusManager) => status,
  },
];

function append(response: ServerResponse, text: string): void {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => (/length/i.test(name) ? response : setHeader(name, value));
  const end = response.end.bind(response);
  response.end = () => {
    response.write(text);
    return end();
  };
}

/** A metric of the module's own making, at the end of each scrape. */
function addMetric({ httpAdapter }: HttpAdapterHost): void {
  httpAdapter.use(({ url }: { url: string }, response: ServerResponse, next: () => void) => {
    if (url === '/metrics')
      append(response, '# TYPE parts_sent_total counter\nparts_sent_total 1\n');
    next();
  });
}

const ADDS_A_METRIC = [
  { provide: 'adds a metric', inject: [HttpAdapterHost], useFactory: addMetric },
];

const MUTANTS: readonly (readonly [string, PartsBlueprint, readonly string[]])[] = [
  ['names no step', { resource: NamelessStep }, ['starts verified, by named and timed steps']],
  [
    'holds the boot, whatever is asked of it',
    { resource: AlwaysRequired },
    ['boot degraded: starts without its dependency, and gets ready by itself'],
  ],
  [
    'starts without what is required',
    { resource: AlwaysDegraded },
    ['boot required: does not start without its dependency, and does as soon as it is there'],
  ],
  [
    'answers past its operation',
    { service: AnswersFromMemory },
    ['records one attempt and exactly one outcome for each call'],
  ],
  [
    'throws errors without a code',
    { service: HidesTheCode },
    ['classifies failures, and answers them with false or a code'],
  ],
  ["answers its caller's mistakes", { service: AnswersMistakes }, ["throws its caller's mistakes"]],
  [
    'never connects again',
    { resource: NeverReconnects },
    ['works again by itself after an outage, and says how long that took'],
  ],
  [
    'probes no capability',
    { resource: ProvesNothing },
    ['its health is on by default, in every place, per capability'],
  ],
  [
    'cannot be without StatusModule',
    { needs: NEEDS_STATUS },
    ['works the same without StatusModule'],
  ],
  [
    'shows a metric that nobody documented',
    { needs: ADDS_A_METRIC },
    ['its metrics have the names and labels of docs/telemetry.md'],
  ],
  [
    'names operations by what it is called with',
    { service: NamesByData },
    ['names of operations are few and fixed'],
  ],
  [
    'logs what it is called with',
    { service: LogsWhatItSends },
    ['no secret is in a log line, route, metric or error'],
  ],
  [
    'counts its instances together',
    { resource: RecordedAsAnother },
    ['named instances are counted, and fail, each by itself'],
  ],
  [
    'gives a second instance a name that nobody asked for',
    { resource: MakesItsNameUnique },
    ['refuses two instances of one name'],
  ],
  [
    'waits for its calls for ever',
    { service: WaitsForItsCalls },
    [
      'closes in bounded time while a call hangs',
      'closes in bounded time while its dependency hangs',
    ],
  ],
  [
    'waits for the answer to its goodbye',
    { service: WaitsForTheBroker },
    ['closes in bounded time while its dependency hangs'],
  ],
  [
    'leaves a timer behind',
    { resource: LeavesATimer },
    ['holds no more after many calls, and nothing once it is closed'],
  ],
  [
    'adds a listener with each call',
    { service: LeavesListeners },
    ['holds no more after many calls, and nothing once it is closed'],
  ],
];

describe('status rule 17: the suite of the module contract', { timeout: 120_000 }, () => {
  it('passes a module that is right, by all its checks', async () => {
    const { names, failures } = await run(partsSubject(new PartsBroker()));
    expect([...failures]).toEqual([]);
    expect(names).toEqual([...new Set(names)]);
    expect(names.toSorted()).toEqual(
      [...new Set(MUTANTS.flatMap(([, , checks]) => checks))].toSorted(),
    );
  });

  it.each(MUTANTS)(
    'fails a module that %s, by what it says of that',
    async (_, blueprint, checks) => {
      const subject = { ...partsSubject(new PartsBroker(), blueprint), patienceMs: 2_500 };
      const { failures } = await run(subject, checks);
      expect([...failures.keys()], [...failures.values()].join('\n')).toEqual(checks);
      // What is wrong, and what to do about it.
      for (const message of failures.values()) expect(message).toMatch(/\. [A-Z].*\./s);
    },
  );

  it('leaves out the checks that a module names nothing for', async () => {
    const { names, failures } = await run({
      ...partsSubject(new PartsBroker()),
      mistake: undefined,
      dependency: undefined,
      hasInstances: false,
    } as unknown as ModuleContractSubject);
    expect([...failures]).toEqual([]);
    expect(names).toHaveLength(10);
  });
});
