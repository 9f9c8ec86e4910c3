import { Injectable, Module, type LoggerService } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Operations, Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { pino, type Logger as Pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { StatusModule } from './index.js';

const SECRET = 'hunter2-planted';

/** Nest's logger on pino, as nestjs-pino has it: the last argument of a line is where it comes from. */
class PinoLogger implements LoggerService {
  constructor(readonly target: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.target.info({ context: rest.at(-1) }, String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug({ context: rest.at(-1) }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn({ context: rest.at(-1) }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const stack = rest.length > 1 ? rest[0] : undefined;
    this.target.error({ context: rest.at(-1), stack }, String(message));
  }
}

interface Line {
  readonly level: number;
  readonly context: string;
  readonly msg: string;
}

@Injectable()
class Payments extends Resource {
  readonly name = 'payments';

  protected steps() {
    return [{ name: 'test connection', run: () => undefined }];
  }

  async probe() {
    return { capabilities: { read: true } };
  }

  async close() {}
}

@Module({ imports: [ResourceModule, StatusModule.forRoot()], providers: [Payments] })
class AppModule {}

describe('logging to pino', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  it('status rule 3: lines arrive at pino with their level and where they come from, and without secrets', async () => {
    const lines: Line[] = [];
    const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
    const logger = new PinoLogger(pino({ level: 'debug' }, { write }));
    app = await Test.createTestingModule({ imports: [AppModule] })
      .setLogger(logger)
      .compile();
    await app.init();
    const of = app.get(Operations, { strict: false }).of({ name: 'payments' }, { retry: false });
    const charge = of.bind('charge');
    const refused = Object.assign(new Error(`connect https://user:${SECRET}@payments`), {
      code: 'ECONNREFUSED',
      authorization: SECRET,
    });
    await expect(charge.run(() => Promise.reject(refused), SECRET)).rejects.toBe(refused);
    const defect = new TypeError(`no price in https://user:${SECRET}@payments`);
    await expect(charge.run(() => Promise.reject(defect), SECRET)).rejects.toBe(defect);
    of.breaker?.isolate(`see https://ops:${SECRET}@wiki`);

    const found = (text: RegExp): Line[] => lines.filter(({ msg }) => text.test(msg));
    expect(found(/^payments\.charge failed: unavailable \(ECONNREFUSED\)/)).toMatchObject([
      { level: pino.levels.values['warn'], context: 'Status' },
    ]);
    expect(found(/^payments: circuit breaker is isolated/)).toMatchObject([
      { level: pino.levels.values['warn'], context: 'Status' },
    ]);
    expect(found(/^payments is down/)).toMatchObject([
      { level: pino.levels.values['error'], context: 'Status' },
    ]);
    expect(found(/no price/)).toMatchObject([{ level: pino.levels.values['error'] }]);
    expect(lines.every(({ context }) => typeof context === 'string')).toBe(true);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});
