import type { ServerControl } from './server-control.js';

/** A running server that the environment named: tests use a part of it, but neither kill nor freeze it. */
export class BorrowedServer implements ServerControl {
  readonly #variable: string;
  #giveBack: (() => Promise<void>) | undefined;

  /**
   * @param variable the one that named the server
   * @param giveBack removes what the test used
   */
  constructor(variable: string, giveBack: () => Promise<void>) {
    this.#variable = variable;
    this.#giveBack = giveBack;
  }

  kill9(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  stop(): void {
    throw this.#refusal();
  }

  resume(): void {
    throw this.#refusal();
  }

  restart(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  async dispose(): Promise<void> {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    await giveBack?.();
  }

  #refusal(): Error {
    return new Error(
      `The server of ${this.#variable} is not the tests' own, so they do not kill or freeze it. ` +
        'Put tests that do into describeOwnServers.',
    );
  }
}
