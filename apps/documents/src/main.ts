import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConfigToken } from 'nestjs-mainstay/config';
import { AppModule } from './app.module.js';
import { httpConfig, type HttpConfig } from './http/http.config.js';
import { StartReport } from './start-report/start-report.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks([], { useProcessExit: true });

const { host, port } = app.get<HttpConfig>(getConfigToken(httpConfig));
await app.listen(port, host);

new Logger('Documents').log(app.get(StartReport).describe(await app.getUrl()));
