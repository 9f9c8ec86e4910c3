import { writeSync } from 'node:fs';
import { Injectable, Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SystemClock } from 'nestjs-mainstay/common';
import { Operations, Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { StatusModule } from 'nestjs-mainstay/status';

const clock = new SystemClock();

/** Says at once what happens: a process that ends may lose what is only queued. */
function say(event: string): void {
  writeSync(1, `${event}\n`);
}

abstract class SpokenResource extends Resource {
  protected steps(): [] {
    return [];
  }

  async probe() {
    say('probe');
    return { capabilities: { read: true } };
  }

  async close(): Promise<void> {
    say(`${this.name} closes`);
  }
}

@Injectable()
class First extends SpokenResource {
  readonly name = 'first';
}

@Injectable()
class Second extends SpokenResource {
  readonly name = 'second';
}

const log: LoggerService = {
  log: () => {},
  warn: () => {},
  error: (message: string) => say(`error: ${message}`),
  debug: (message: string) => {
    if (message.startsWith('Last minute:')) say('flush');
  },
};

@Module({
  imports: [
    ResourceModule,
    StatusModule.forRoot({ config: { drainDelay: 1_500, probeInterval: 200 } }),
  ],
  providers: [First, Second],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: log });
app.enableShutdownHooks();
const ofFirst = app.get(Operations, { strict: false }).of({ name: 'first' });
await app.listen(0, '127.0.0.1');
await ofFirst.bind('done').run(() => undefined, undefined);
const server = app.getHttpServer() as { readonly listening: boolean };
// Goes on after the server has closed, so that its resource has to wait for it.
void ofFirst
  .bind('job', { tryTimeoutMs: false, totalTimeoutMs: false })
  .run(async (_, { signal }) => {
    while (server.listening) await clock.sleep(10, signal);
    await clock.sleep(100, signal);
  }, undefined)
  .then(() => say('job ends'));
say(`listening ${await app.getUrl()}`);
