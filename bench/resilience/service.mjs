import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from 'nestjs-mainstay/common';
import { Operations } from 'nestjs-mainstay/resource';
import { StatusManager, StatusModule } from 'nestjs-mainstay/status';

/** @typedef {import('nestjs-mainstay/resource').OperationInterceptor} OperationInterceptor */

/** A service that records, as a user's does: NestJS with StatusModule, and no servers. */
export class Service {
  /** @type {import('@nestjs/common').INestApplicationContext} */
  #app;

  /** @param {import('@nestjs/common').INestApplicationContext} app */
  constructor(app) {
    this.#app = app;
  }

  static async start() {
    const root = { module: class Root {}, imports: [StatusModule.forRoot()] };
    return new Service(await NestFactory.createApplicationContext(root, { logger: false }));
  }

  get operations() {
    return this.#app.get(Operations);
  }

  get recorder() {
    return this.#app.get(StatusManager);
  }

  /**
   * Operations of the same service with interceptors of the user.
   * @param {readonly OperationInterceptor[]} interceptors
   */
  intercepted(interceptors) {
    return new Operations(new SystemClock(), this.recorder, interceptors);
  }

  async stop() {
    await this.#app.close();
  }
}
