import { createHash, randomBytes, randomInt } from 'node:crypto';
import { DocumentsClient } from './documents-client.js';

const WORKERS = 6;
const MAX_SIZE = 300_000;
/** One request in so many deletes. */
const DELETE_EVERY = 4;

/** Uploads and deletes until the service is gone, and remembers what it was promised. */
export class CrashTraffic {
  /** The SHA-256 of every document whose upload was acknowledged and whose delete was not asked for, by id. */
  readonly kept = new Map<string, string>();
  /** The documents whose delete was acknowledged. */
  readonly deleted = new Set<string>();
  /** Answers so far. */
  answered = 0;
  readonly #client: DocumentsClient;

  constructor(client: DocumentsClient) {
    this.#client = client;
  }

  /** Several requests at a time until there is no answer any more. @throws when an answer is not the right one */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let isAnswered = true; isAnswered; this.answered++) {
      const doomed = randomInt(DELETE_EVERY) === 0 ? this.#anyKept() : undefined;
      isAnswered = await (doomed === undefined ? this.#upload() : this.#delete(doomed));
    }
  }

  #anyKept(): string | undefined {
    return [...this.kept.keys()].at(randomInt(Math.max(1, this.kept.size)));
  }

  /** @returns `false` when there was no answer: then nobody was promised anything */
  async #upload(): Promise<boolean> {
    const content = randomBytes(randomInt(MAX_SIZE));
    const file = { name: 'crash.bin', content: new Uint8Array(content) };
    const answer = await this.#client.upload(file).catch(() => undefined);
    if (answer === undefined) return false;
    if (answer.status !== 201) throw new Error(`An upload was answered ${answer.status}.`);
    this.kept.set(answer.body.id, createHash('sha256').update(content).digest('hex'));
    return true;
  }

  async #delete(id: string): Promise<boolean> {
    this.kept.delete(id);
    const request = this.#client.json(`/documents/${id}`, { method: 'DELETE' });
    const answer = await request.catch(() => undefined);
    if (answer === undefined) return false;
    if (answer.status !== 204) throw new Error(`A delete was answered ${answer.status}.`);
    this.deleted.add(id);
    return true;
  }
}
