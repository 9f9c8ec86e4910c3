import { formatDuration } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { endsBoot, initializationAdvice } from './initialization-advice.js';
import type { InitializationFailure } from './initialization.js';
import { messageOf, type RegisteredResource } from './registered-resource.js';

/**
 * Tells the operator how initialisations go. Each way in which a resource fails is one error that says what to do; its
 * repetitions go to debug until the resource was ready.
 */
export class InitializationLog {
  readonly #logger = new GuardedLogger('ResourceInitializer');
  readonly #told = new Map<RegisteredResource, Set<string>>();

  ready(entry: RegisteredResource): void {
    this.#told.delete(entry);
    const tries = entry.initializationTries;
    const at = tries === 1 ? '' : `, at try ${tries}`;
    this.#logger.log(`${entry.name} ready in ${formatDuration(entry.initializationMs ?? 0)}${at}`);
  }

  startingWithout(entry: RegisteredResource, waitedMs: number): void {
    this.#logger.warn(
      `${entry.name} is not ready after ${formatDuration(waitedMs)}; starting without it`,
    );
  }

  /** The initialisation failed and is tried again. */
  failed(entry: RegisteredResource, failure: InitializationFailure): void {
    const advice = initializationAdvice(failure.classification);
    const text = `${entry.name}: step "${failure.step}" failed: ${messageOf(failure.error)}. ${advice}`;
    if (this.#isNew(entry, failure)) {
      this.#logger.error(`${text} ${whatFollows(entry, failure)}`);
    } else {
      this.#logger.debug(`${text} Try ${entry.initializationTries}.`);
    }
  }

  /** The tries ended although the application runs on, which nothing should cause. */
  ended(entry: RegisteredResource, error: unknown): void {
    this.#logger.error(`${entry.name}: the initialisation ended: ${messageOf(error)}`);
  }

  #isNew(entry: RegisteredResource, { step, classification }: InitializationFailure): boolean {
    const told = this.#told.get(entry) ?? new Set();
    this.#told.set(entry, told);
    const fingerprint = `${step} ${classification.type}`;
    if (told.has(fingerprint)) return false;
    told.add(fingerprint);
    return true;
  }
}

function whatFollows(
  { resource }: RegisteredResource,
  { classification }: InitializationFailure,
): string {
  if (resource.boot === 'required') return 'Trying again.';
  if (!endsBoot(classification)) return 'Trying again in the background.';
  return 'The application runs on without it, as it has started already; trying again at most every 30 s, in case the other side is changed.';
}
