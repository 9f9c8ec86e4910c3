import 'reflect-metadata';
import { Controller, Get, Header } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { StatusManager, StatusModule } from 'nestjs-mainstay/status';
import { promClient } from './peers.mjs';

/** @typedef {'express' | 'fastify'} Platform */

/** A resource whose probe can be made to hang. */
class Dependency extends Resource {
  name = 'dependency';
  hangs = false;

  steps() {
    return [];
  }

  /** @param {AbortSignal} signal */
  async probe(signal) {
    if (this.hangs) await new Promise((_, reject) => signal.addEventListener('abort', reject));
    return { capabilities: { read: true, write: true } };
  }

  async close() {}
}

/** A route that does nothing, and one that shows the metrics of prom-client. */
class PeerController {
  empty() {
    return { status: 'ok' };
  }

  metrics() {
    return promClient.registry.metrics();
  }
}
decorate('empty', Get('empty'));
decorate(
  'metrics',
  Get('prom-client'),
  Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8'),
);
Controller()(PeerController);

/** A NestJS service with StatusModule that listens on the loopback interface. */
export class WebService {
  /** @type {import('@nestjs/common').INestApplication} */
  #app;

  /** @param {import('@nestjs/common').INestApplication} app */
  constructor(app) {
    this.#app = app;
  }

  /** @param {Platform} platform */
  static async start(platform) {
    const config = { maxLabelSets: 1_000, probeInterval: 500, probeTimeout: 400 };
    const root = {
      module: class Root {},
      imports: [StatusModule.forRoot({ config, authorize: () => true }), ResourceModule],
      controllers: [PeerController],
      providers: [Dependency],
    };
    const app =
      platform === 'fastify'
        ? await NestFactory.create(root, new FastifyAdapter(), { logger: false })
        : await NestFactory.create(root, { logger: false });
    await app.listen(0, '127.0.0.1');
    return new WebService(app);
  }

  async url() {
    return this.#app.getUrl();
  }

  get recorder() {
    return this.#app.get(StatusManager);
  }

  get dependency() {
    return this.#app.get(Dependency);
  }

  async stop() {
    await this.#app.close();
  }
}

/**
 * @param {'empty' | 'metrics'} method
 * @param {...MethodDecorator} decorators
 */
function decorate(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(PeerController.prototype, method) ?? {};
  for (const decorator of decorators) decorator(PeerController.prototype, method, descriptor);
}
