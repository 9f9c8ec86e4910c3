import { afterAll, beforeAll, expect, it } from 'vitest';
import { engines, type Engine } from '../support/chaos/engines.js';
import { blackHoled, frozen, refused, type Outage } from '../support/chaos/outage.js';
import { eventually } from '../support/eventually.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { account } from '../support/servers/postgres-account.js';
import type { ServerBehindProxy } from '../support/servers/server-behind-proxy.js';
import { ServiceProcess } from '../support/service-process.js';
import type { ServiceExit } from '../support/service-run.js';

/** From its first line: its code is loaded then, for which it takes a core of its own that others may have. */
const ENDS_WITHIN_MS = 30_000;
const LOADS_WITHIN_MS = 60_000;

interface Start {
  readonly engine: Engine;
  readonly outage: Outage;
  readonly exit: Promise<ServiceExit & { readonly durationMs: number }>;
}

const started: Start[] = [];
const disposables: { dispose(): Promise<void> }[] = [];

async function start(engine: Engine, outage: Outage, server: ServerBehindProxy) {
  const service = await ServiceProcess.create({
    env: {
      CACHE_URL: 'memory:',
      DATABASE_URL: 'sqlite:./documents.sqlite',
      [engine.urlVariable]: outage.url(server),
      [engine.bootVariable]: 'required',
    },
  });
  disposables.push(service);
  const exit = service
    .runToExit(LOADS_WITHIN_MS + ENDS_WITHIN_MS)
    .then((end) => ({ ...end, durationMs: performance.now() - end.firstLineAt }));
  exit.catch(() => undefined); // the test that awaits it fails
  await eventually(() => expect(service.output).not.toBe(''), LOADS_WITHIN_MS);
  return { exit };
}

describeOwnServers('a service that requires what is away', () => {
  /** All starts wait for the same while, so they do so together; each begins once the one before has loaded its code. */
  beforeAll(async () => {
    for (const engine of engines) {
      for (const outage of [refused, blackHoled, frozen]) {
        const server = await engine.start();
        disposables.push(server);
        await outage.begin(server);
        started.push({ engine, outage, ...(await start(engine, outage, server)) });
      }
    }
  });

  afterAll(async () => {
    await Promise.all(disposables.map((one) => one.dispose()));
  });

  it.each(
    engines.flatMap((engine) =>
      [refused, blackHoled, frozen].map((outage) => ({
        engine,
        outage,
        title: `${engine.name} ${outage.name}`,
      })),
    ),
  )('ends with an error within 30 s, everything closed: $title', async ({ engine, outage }) => {
    const { exit } = started.find((one) => one.engine === engine && one.outage === outage) as Start;
    const { code, output, durationMs } = await exit;
    expect(code).toBe(1);
    expect(durationMs).toBeLessThan(ENDS_WITHIN_MS);
    const refusals = output.split('\n').filter((line) => line.includes('could not be initialised'));
    expect(refusals).toEqual([
      expect.stringContaining(`${engine.resource} could not be initialised`),
    ]);
    expect(output).not.toMatch(/^\s+at |node_modules/m);
    expect(output).not.toContain(account.password);
    expect(output).not.toContain('did not close');
  });
});
