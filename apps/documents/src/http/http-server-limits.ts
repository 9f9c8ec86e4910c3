import type { Server } from 'node:http';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock } from 'nestjs-mainstay/common';
import { InjectConfig } from 'nestjs-mainstay/config';
import { httpConfig, type HttpConfig } from './http.config.js';

/** Bounds how long clients may take: to send a request, and to finish theirs when the service stops. */
@Injectable()
export class HttpServerLimits implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #adapterHost: HttpAdapterHost;
  readonly #clock: Clock;
  readonly #config: HttpConfig;

  constructor(
    adapterHost: HttpAdapterHost,
    clock: Clock,
    @InjectConfig(httpConfig) config: HttpConfig,
  ) {
    this.#adapterHost = adapterHost;
    this.#clock = clock;
    this.#config = config;
  }

  onApplicationBootstrap(): void {
    this.#server.requestTimeout = this.#config.requestTimeout;
  }

  /** Requests in flight go on now; who has not finished at the deadline is cut off, or the process would never end. */
  onModuleDestroy(): void {
    const cutOff = (): void => this.#server.closeAllConnections();
    this.#clock.schedule(cutOff, this.#config.shutdownTimeout, { background: true });
  }

  get #server(): Server {
    return this.#adapterHost.httpAdapter.getHttpServer() as Server;
  }
}
