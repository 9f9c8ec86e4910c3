import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentView } from '../documents-client.js';

/** What a request of the traffic does. */
export type TrafficKind = 'show' | 'list' | 'download' | 'upload' | 'delete';

/** How a request of the traffic was answered. */
interface TrafficAnswer {
  readonly status: number;
  /** The document that it was about. */
  readonly id?: string;
  /** The code of the error that the answer tells of. */
  readonly code?: string;
}

/** How a request of the traffic ended. */
export interface TrafficResult extends Partial<TrafficAnswer> {
  readonly kind: TrafficKind;
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly durationMs: number;
}

const PAUSE_MS = 15;
/** A request that takes so long counts as pending for ever. */
const GIVE_UP_MS = 30_000;

/** Mixed requests, one of each kind at a time, until it is stopped. */
export class Traffic {
  readonly #baseUrl: string;
  readonly #results: TrafficResult[] = [];
  readonly #uploaded: string[] = [];
  readonly #loops: readonly Promise<void>[];
  #isOver = false;

  /** @param document one that is shown and downloaded again and again */
  constructor(baseUrl: string, { links }: DocumentView) {
    this.#baseUrl = baseUrl;
    this.#loops = [
      this.#repeat('show', () => this.#ask(links.self)),
      this.#repeat('list', () => this.#ask('/documents?limit=5')),
      this.#repeat('download', () => this.#ask(links.content)),
      this.#repeat('upload', () => this.#upload()),
      this.#repeat('delete', () => this.#delete()),
    ];
  }

  /** What has been answered to requests that began at or after a time. */
  since(startedAt: number): readonly TrafficResult[] {
    return this.#results.filter((result) => result.startedAt >= startedAt);
  }

  /** Begins no more requests, and waits for those under way. @returns how all of them ended */
  async stop(): Promise<readonly TrafficResult[]> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    return this.#results;
  }

  async #repeat(
    kind: TrafficKind,
    request: () => Promise<TrafficAnswer> | undefined,
  ): Promise<void> {
    while (!this.#isOver) {
      const startedAt = performance.now();
      const answered = request();
      if (answered) {
        const answer = await answered.catch(() => ({})); // none: the results say so
        const durationMs = performance.now() - startedAt;
        this.#results.push({ kind, startedAt, durationMs, ...answer });
      }
      await sleep(PAUSE_MS);
    }
  }

  async #ask(path: string, init: RequestInit = {}): Promise<TrafficAnswer> {
    const { status, body } = await this.#send(path, init);
    return { status, ...(status >= 400 && { code: codeOf(body) }) };
  }

  async #upload(): Promise<TrafficAnswer> {
    const form = new FormData();
    form.set('file', new File(['some bytes'], 'traffic.txt', { type: 'text/plain' }));
    const { status, body } = await this.#send('/documents', { method: 'POST', body: form });
    if (status !== 201) return { status, code: codeOf(body) };
    const { id } = JSON.parse(body) as DocumentView;
    this.#uploaded.push(id);
    return { status, id };
  }

  /** Deletes what was uploaded, each once. */
  #delete(): Promise<TrafficAnswer> | undefined {
    const id = this.#uploaded.shift();
    return id === undefined ? undefined : this.#remove(id);
  }

  async #remove(id: string): Promise<TrafficAnswer> {
    return { ...(await this.#ask(`/documents/${id}`, { method: 'DELETE' })), id };
  }

  async #send(path: string, init: RequestInit): Promise<{ status: number; body: string }> {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const response = await fetch(this.#baseUrl + path, { ...init, signal });
    return { status: response.status, body: await response.text() };
  }
}

function codeOf(problem: string): string {
  const { code } = JSON.parse(problem) as { code?: string };
  return code ?? 'none';
}
