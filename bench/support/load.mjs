import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./load-generator.mjs').Job} Job */

const script = fileURLToPath(new URL('load-generator.mjs', import.meta.url));

/** Requests to a server in this process, sent by another process. */
export class Load {
  /** @type {import('node:child_process').ChildProcess} */
  #child;

  /** @type {Promise<never>} */
  #ended;

  /** @param {string} url */
  constructor(url) {
    this.#child = fork(script, [url]);
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`The load generator ended with code ${code}.`);
    });
    this.#ended.catch(() => undefined); // told to who waits for an answer
  }

  /**
   * @param {Job} job
   * @returns {Promise<number[]>} how long each request took for who sent it, in milliseconds
   */
  async run(job) {
    const answer = once(this.#child, 'message');
    this.#child.send(job);
    const [{ latenciesMs }] = await Promise.race([answer, this.#ended]);
    return latenciesMs;
  }

  async end() {
    if (!this.#child.connected) return;
    this.#child.send('end');
    await this.#ended.catch(() => undefined);
  }
}
