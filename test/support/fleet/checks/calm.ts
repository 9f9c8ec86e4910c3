import type { FaultRecord, History } from '../history.js';
import type { Span } from '../node-calls.js';
import { bounds, DISTURBING_PAUSE_MS, MARGIN_MS } from './bounds.js';
import type { Invalidation } from './mutations.js';

interface Disturbance extends Span {
  /** Whom it concerns; `undefined` = everybody. */
  readonly node: number | undefined;
}

/** Knows when the ways between nodes and Redis were open, and the processes at work. */
export class Calm {
  readonly #disturbances: readonly Disturbance[];

  constructor({ faults, pauses }: History) {
    const long = pauses.filter((pause) => pause.endedAt - pause.startedAt >= DISTURBING_PAUSE_MS);
    this.#disturbances = [
      ...faults.map((fault) => ({ ...spanOf(fault), node: nodeOf(fault) })),
      ...long.map(({ node, ...span }) => ({ ...span, node: node === 'bench' ? undefined : node })),
    ];
  }

  /** The end of the last disturbance of a node, or of any, that began before a time; it may be after it. */
  lastDisturbance(before: number, node?: number): number {
    const earlier = this.#of(node).filter(({ startedAt }) => startedAt <= before);
    return Math.max(-Infinity, ...earlier.map(({ endedAt }) => endedAt));
  }

  /** Whether nothing disturbed a node in a span. */
  isCalm(node: number, { startedAt, endedAt }: Span): boolean {
    return this.lastDisturbance(endedAt, node) < startedAt;
  }

  /** When the shared tier knows of an invalidation at the latest. */
  knownAt({ node, endedAt, isAcknowledged }: Invalidation): number {
    if (isAcknowledged) return endedAt;
    const needed = bounds.reconnect + bounds.replay + MARGIN_MS;
    let openSince = endedAt;
    for (const disturbance of this.#of(node)) {
      const isOver = disturbance.endedAt <= openSince;
      const isLater = disturbance.startedAt > openSince + needed;
      if (!isOver && !isLater) openSince = disturbance.endedAt;
    }
    return openSince + needed;
  }

  #of(node: number | undefined): readonly Disturbance[] {
    return this.#disturbances
      .filter((one) => node === undefined || one.node === undefined || one.node === node)
      .sort((a, b) => a.startedAt - b.startedAt);
  }
}

function spanOf({ startedAt, endedAt }: Span): Span {
  return { startedAt, endedAt };
}

function nodeOf({ fault }: FaultRecord): number | undefined {
  return 'node' in fault ? fault.node : undefined;
}
