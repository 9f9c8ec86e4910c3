import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';

/** How often an id can be raised within one millisecond (the 12 bits of `rand_a`). */
const MAX_SEQUENCE = 0xfff;

/** Makes ids for documents: UUIDs of version 7 (RFC 9562), each greater than the one before it. */
@Injectable()
export class DocumentIds {
  readonly #clock: Clock;
  #lastMs = 0;
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A fresh id; its order is the order of creation, in this process exactly, between processes to the millisecond. */
  next(): string {
    this.#advance(Math.floor(this.#clock.wallTime()));
    const bytes = randomBytes(16);
    bytes.writeUIntBE(this.#lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | this.#sequence, 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  #advance(wallMs: number): void {
    if (wallMs > this.#lastMs) {
      this.#lastMs = wallMs;
      this.#sequence = 0;
    } else if (this.#sequence < MAX_SEQUENCE) {
      this.#sequence++;
    } else {
      // More ids than the sequence counts, or a clock that was set back: run ahead of it rather than repeat.
      this.#lastMs++;
      this.#sequence = 0;
    }
  }
}
