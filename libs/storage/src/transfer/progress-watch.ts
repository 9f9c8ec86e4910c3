import type { Clock, Timer } from 'nestjs-mainstay/common';

/** Whose turn it is in a transfer: the disk's, or that of the other end (source of a put, reader of a get). */
export type Turn = 'disk' | 'peer';

/**
 * Notices when a transfer stands still: a transfer may take as long as it gets on. One timer for all of its pieces.
 */
export class ProgressWatch {
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #onStall: (turn: Turn) => void;
  #turn: Turn = 'disk';
  #since = 0;
  #timer: Timer | undefined;
  #isAwaited = true;

  /**
   * @param stallMs without progress for so long the transfer stands still
   * @param onStall called once, with the one who did not move
   */
  constructor(clock: Clock, stallMs: number, onStall: (turn: Turn) => void) {
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#onStall = onStall;
  }

  /** @param isAwaited whether somebody awaits the transfer, so that its deadline keeps the process alive */
  start(turn: Turn, isAwaited: boolean): void {
    this.#isAwaited = isAwaited;
    this.moved(turn);
    this.#schedule(this.#stallMs);
  }

  /** The transfer got on. @param turn who is to move next */
  moved(turn: Turn): void {
    this.#turn = turn;
    this.#since = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    const background = !this.#isAwaited;
    this.#timer = this.#clock.schedule(() => this.#check(), delayMs, { background });
  }

  #check(): void {
    const idleMs = this.#clock.now() - this.#since;
    if (idleMs >= this.#stallMs) this.#onStall(this.#turn);
    else this.#schedule(this.#stallMs - idleMs);
  }
}
