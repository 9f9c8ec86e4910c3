import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Clock, redactError } from 'nestjs-mainstay/common';
import { isKnownFailure } from 'nestjs-mainstay/resilience';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { LEASE_MS, PendingContents } from '../documents/pending-contents.js';
import { errorDetector } from '../errors/error-detector.js';
import { SweepService } from './sweep.service.js';

/** Between two sweeps, in milliseconds. */
const INTERVAL_MS = 60_000;

const NEEDED = ['database', 'storage'];

/**
 * Sweeps in the background as soon as the database and the storage are there, and every minute from then on. The first
 * sweep sees to what an earlier process left, the later ones to what an outage made this one, or another instance, leave.
 */
@Injectable()
export class SweepSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(SweepSchedule.name);
  readonly #registry: ResourceRegistry;
  readonly #sweep: SweepService;
  readonly #pending: PendingContents;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #unsubscribe: (() => void) | undefined;

  constructor(
    registry: ResourceRegistry,
    sweep: SweepService,
    pending: PendingContents,
    clock: Clock,
  ) {
    this.#registry = registry;
    this.#sweep = sweep;
    this.#pending = pending;
    this.#clock = clock;
  }

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.#registry.subscribe(() => this.#startWhenReady());
    this.#startWhenReady();
  }

  onModuleDestroy(): void {
    this.#unsubscribe?.();
    this.#stopping.abort();
  }

  #startWhenReady(): void {
    if (NEEDED.some((name) => this.#registry.get(name)?.phase !== 'ready')) return;
    this.#unsubscribe?.();
    void this.#repeat((signal) => this.#sweep.run(signal), INTERVAL_MS);
    void this.#repeat(() => this.#pending.renewLeases(), LEASE_MS / 5);
  }

  async #repeat(work: (signal: AbortSignal) => Promise<void>, intervalMs: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => this.#report(error));
      await this.#clock.sleep(intervalMs, signal, { background: true }).catch(() => undefined);
    }
  }

  #report(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { message, stack } = redactError(error);
    if (isKnownFailure(errorDetector.detect(error))) {
      this.#logger.warn(`The sweep goes on later: ${message}`);
    } else {
      this.#logger.error(`The sweep failed, and is tried again later: ${message}`, stack);
    }
  }
}
