import type { Clock } from 'nestjs-mainstay/common';
import { SimulationClock } from './simulation-clock.js';

/** A server that becomes slow for a while, and the clients that go on asking it. */
export interface Storm {
  readonly clients: number;
  /** Calls that each client makes, whatever became of those before. */
  readonly callsPerSecond: number;
  /** Requests that the server serves at the same time; the others wait in a queue without a bound. */
  readonly workers: number;
  readonly serviceMs: number;
  /** How many times as long a request takes while the server is slow. */
  readonly slowdown: number;
  readonly calmMs: number;
  readonly slowMs: number;
  readonly afterMs: number;
}

/** 1,000 calls/s meet a server that serves 2,000/s, but 500/s for 30 s. */
export const STORM: Storm = {
  clients: 200,
  callsPerSecond: 5,
  workers: 20,
  serviceMs: 10,
  slowdown: 4,
  calmMs: 10_000,
  slowMs: 30_000,
  afterMs: 60_000,
};

/** Sends a request to the server once; resolves when it has been served, however late. */
export type Request = () => Promise<void>;

/** One call of a user: sends the request as often as it thinks right. */
export type Client = (request: Request) => Promise<void>;

/** What a storm did. */
export interface StormResult {
  readonly calls: number;
  readonly requests: number;
  /** Requests ÷ calls, from the beginning of the slowness to the end. */
  readonly loadFactor: number;
  /** The same in the worst ten seconds. */
  readonly worstLoadFactor: number;
  /** From the end of the slowness until 99 % of the calls of every second succeed; `Infinity`: never. */
  readonly recoveryMs: number;
}

/** What happened in one second; a success counts where its call began. */
interface Second {
  calls: number;
  requests: number;
  successes: number;
}

const WORKING_SHARE = 0.99;

/** How long the last calls have to end, in milliseconds. */
const DRAIN_MS = 10_000;

/**
 * Lets the storm rage, on a clock of its own. The same seed gives the same result.
 * @param createClient called once for each client
 */
export async function simulateRetryStorm(
  createClient: (clock: Clock) => Client,
  storm: Storm = STORM,
  seed = 1,
): Promise<StormResult> {
  const clock = new SimulationClock(seed);
  const server = new Server(clock, storm);
  const count = (storm.calmMs + storm.slowMs + storm.afterMs) / 1_000;
  const seconds: Second[] = Array.from({ length: count }, () => ({
    calls: 0,
    requests: 0,
    successes: 0,
  }));
  const present = (): Second | undefined => seconds[Math.floor(clock.now() / 1_000)];
  const request: Request = () => {
    const second = present();
    if (second) second.requests++;
    return server.request();
  };
  for (let i = 0; i < storm.clients; i++) {
    const client = createClient(clock);
    const call = (): boolean => {
      const second = present();
      if (second) void callOnce(client, request, second);
      return second !== undefined;
    };
    keepCalling(clock, 1_000 / storm.callsPerSecond, call);
  }
  await clock.advance(count * 1_000 + DRAIN_MS);
  return measure(storm, seconds);
}

async function callOnce(client: Client, request: Request, second: Second): Promise<void> {
  second.calls++;
  try {
    await client(request);
    second.successes++;
  } catch {
    // A call that failed is one that did not succeed.
  }
}

/** Calls at random intervals around the mean one until `call` says that it is over. */
function keepCalling(clock: Clock, meanMs: number, call: () => boolean): void {
  const next = (): void => {
    if (call()) clock.schedule(next, meanMs * (0.5 + clock.random()));
  };
  clock.schedule(next, meanMs * clock.random());
}

/** A server that keeps what it was sent, and serves requests too whose clients have long given up. */
class Server {
  readonly #clock: Clock;
  readonly #storm: Storm;
  readonly #requests: (() => void)[] = [];
  #begun = 0;
  #busy = 0;

  constructor(clock: Clock, storm: Storm) {
    this.#clock = clock;
    this.#storm = storm;
  }

  request(): Promise<void> {
    return new Promise((resolve) => {
      this.#requests.push(resolve);
      if (this.#busy < this.#storm.workers) this.#serveNext();
    });
  }

  #serveNext(): void {
    const resolve = this.#requests[this.#begun];
    if (!resolve) return;
    this.#begun++;
    this.#busy++;
    this.#clock.schedule(() => {
      this.#busy--;
      resolve();
      this.#serveNext();
    }, this.#serviceMs());
  }

  #serviceMs(): number {
    const { calmMs, slowMs, serviceMs, slowdown } = this.#storm;
    const now = this.#clock.now();
    return now >= calmMs && now < calmMs + slowMs ? serviceMs * slowdown : serviceMs;
  }
}

function measure({ calmMs, slowMs }: Storm, seconds: readonly Second[]): StormResult {
  const slowFrom = calmMs / 1_000;
  const slowTo = slowFrom + slowMs / 1_000;
  const tens = seconds.slice(0, -9).map((_, i) => loadFactor(seconds.slice(i, i + 10)));
  const firstGood = 1 + seconds.findLastIndex((second) => !isWorking(second));
  return {
    calls: sum(seconds, 'calls'),
    requests: sum(seconds, 'requests'),
    loadFactor: loadFactor(seconds.slice(slowFrom)),
    worstLoadFactor: Math.max(...tens),
    recoveryMs: firstGood < seconds.length ? Math.max(0, firstGood - slowTo) * 1_000 : Infinity,
  };
}

function isWorking({ calls, successes }: Second): boolean {
  return successes >= WORKING_SHARE * calls;
}

function loadFactor(seconds: readonly Second[]): number {
  return sum(seconds, 'requests') / sum(seconds, 'calls');
}

function sum(seconds: readonly Second[], what: keyof Second): number {
  return seconds.reduce((total, second) => total + second[what], 0);
}
