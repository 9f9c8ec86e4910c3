import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CacheModule, getCacheToken } from 'nestjs-mainstay/cache';
import { StatusModule } from 'nestjs-mainstay/status';

/** @typedef {import('nestjs-mainstay/cache').CacheService} CacheService */
/** @typedef {import('nestjs-mainstay/cache').CacheConfig} CacheConfig */

/** A cache as a user's service has it: in a NestJS application that records its operations with StatusModule. */
export class Service {
  /** @type {import('@nestjs/common').INestApplicationContext} */
  #app;

  /** @param {import('@nestjs/common').INestApplicationContext} app */
  constructor(app) {
    this.#app = app;
  }

  /** @param {Partial<CacheConfig>} config */
  static async start(config) {
    const imports = [StatusModule.forRoot(), CacheModule.forRoot({ config })];
    const root = { module: class Root {}, imports };
    return new Service(await NestFactory.createApplicationContext(root, { logger: false }));
  }

  /** @returns {CacheService} */
  get cache() {
    return this.#app.get(getCacheToken());
  }

  async stop() {
    await this.#app.close();
  }
}
