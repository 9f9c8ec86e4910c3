import type { CacheNode, CacheNodeListener } from './cache-node.js';
import type { CallRecord, FaultRecord, History, Incident, PauseRecord } from './history.js';
import type { NodeCall, NodeMessage, Span } from './node-calls.js';
import { sharedNow } from './shared-clock.js';

interface OpenCall {
  readonly node: number;
  readonly call: NodeCall;
  readonly startedAt: number;
  factory?: Span;
}

/** Writes down what happens to a fleet. */
export class Recorder implements CacheNodeListener {
  readonly faults: FaultRecord[] = [];
  readonly #calls: CallRecord[] = [];
  readonly #pauses: PauseRecord[] = [];
  readonly #incidents: Incident[] = [];
  readonly #open = new Map<number, OpenCall>();
  #lastId = 0;

  /** How many calls have not ended yet. */
  get pending(): number {
    return this.#open.size;
  }

  /** Orders a call of a node. */
  order(node: CacheNode, call: NodeCall): void {
    const id = ++this.#lastId;
    this.#open.set(id, { node: node.index, call, startedAt: sharedNow() });
    node.order({ id, call });
  }

  benchPaused(span: Span): void {
    this.#pauses.push({ node: 'bench', ...span });
  }

  died({ index }: CacheNode, how: string): void {
    this.#incidents.push({ node: index, at: sharedNow(), what: how });
  }

  message({ index }: CacheNode, message: NodeMessage): void {
    switch (message.kind) {
      case 'reply':
        return this.#ended(message);
      case 'factory': {
        const open = this.#open.get(message.id);
        if (open) open.factory = { startedAt: message.startedAt, endedAt: Infinity };
        return undefined;
      }
      case 'pause':
        this.#pauses.push({ node: index, ...message.span });
        return undefined;
      case 'incident':
        this.#incidents.push({ node: index, at: sharedNow(), what: message.what });
        return undefined;
      case 'ready':
        return undefined;
    }
  }

  /** What was written down, calls in the order of their starts; those that have not ended are pending. */
  history(nodes: number): History {
    const open = [...this.#open.values()].map((call): CallRecord => {
      return { ...call, endedAt: Infinity, outcome: { kind: 'pending' } };
    });
    const calls = [...this.#calls, ...open].sort((a, b) => a.startedAt - b.startedAt);
    return {
      nodes,
      calls,
      faults: this.faults,
      pauses: this.#pauses,
      incidents: this.#incidents,
    };
  }

  #ended({ id, span, outcome, factory }: Extract<NodeMessage, { kind: 'reply' }>): void {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    this.#calls.push({ node: open.node, call: open.call, ...span, outcome, factory });
  }
}
