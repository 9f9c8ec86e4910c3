import { parseGrace, parseTtl, type Ttl } from './ttl.js';

/** Texts that are remembered; an application has a handful. */
const MAX_TEXTS = 100;

/** Reads TTLs, and remembers what each text means: every hit of a `getOrSet` with `ttl: '5m'` comes by with its own. */
export class TtlReader {
  readonly #known = new Map<string, number>();

  /** As {@link parseTtl}. @throws InvalidCacheTtlError */
  read(ttl: Ttl): number {
    if (typeof ttl !== 'string') return parseTtl(ttl);
    return this.#known.get(ttl) ?? this.#learn(ttl);
  }

  /** As {@link parseGrace}. @throws InvalidCacheTtlError */
  readGrace(grace: Ttl | false): number {
    return typeof grace === 'string' ? this.read(grace) : parseGrace(grace);
  }

  #learn(text: string): number {
    const ms = parseTtl(text);
    if (this.#known.size < MAX_TEXTS) this.#known.set(text, ms);
    return ms;
  }
}
