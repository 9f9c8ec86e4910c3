import type { ContractDependency } from 'nestjs-mainstay/testing/contract';
import type { ServerControl } from '../../support/servers/server-control.js';

/** A server that is killed, frozen and started again. */
export class ServerDependency implements ContractDependency {
  readonly #server: ServerControl;
  #isKilled = false;

  constructor(server: ServerControl) {
    this.#server = server;
  }

  /** One that is there only when the check begins. */
  static of(server: () => ServerDependency): ContractDependency {
    return {
      fail: () => server().fail(),
      hang: () => server().hang(),
      comeBack: () => server().comeBack(),
    };
  }

  async fail(): Promise<void> {
    await this.#server.kill9();
    this.#isKilled = true;
  }

  hang(): void {
    this.#server.stop();
  }

  async comeBack(): Promise<void> {
    if (this.#isKilled) await this.#server.restart();
    else this.#server.resume();
    this.#isKilled = false;
  }

  dispose(): Promise<void> {
    return this.#server.dispose();
  }
}
