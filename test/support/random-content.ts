import { createHash, randomBytes } from 'node:crypto';

const CHUNK_BYTES = 1_048_576;

/** Random bytes as a stream in constant memory; their hash is known once they have all been read. */
export class RandomContent implements AsyncIterable<Buffer> {
  readonly size: number;
  readonly #hash = createHash('sha256');

  constructor(size: number) {
    this.size = size;
  }

  /** The SHA-256 of all the bytes, in hexadecimal; once, after reading. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let left = this.size; left > 0; left -= CHUNK_BYTES) {
      const chunk = randomBytes(Math.min(left, CHUNK_BYTES));
      this.#hash.update(chunk);
      yield chunk;
    }
  }
}
