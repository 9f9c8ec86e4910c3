import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { Logger, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StagedChaos } from 'nestjs-mainstay/resilience';
import {
  ResourceModule,
  ResourceRegistry,
  type Resource,
  type ResourceEntry,
} from 'nestjs-mainstay/resource';
import { ResourceHealthIndicator, StatusModule, type HealthState } from 'nestjs-mainstay/status';
import { ContractLog } from './contract-log.js';
import type { ModuleContractSubject } from './contract-subject.js';
import { parseExposition, type ExposedMetric } from './exposition.js';
import { PhaseWatch } from './phase-watch.js';
import { Patience } from './patience.js';

/** Between two probes, in milliseconds: short, so that what a check waits for is soon seen. */
const PROBE_INTERVAL_MS = 500;

/** Of operations in flight, in milliseconds: short, since checks let some hang. */
const DRAIN_TIMEOUT_MS = 500;

@Module({})
class ContractModule {}

/** What a check wants to be different. */
export interface ContractAppOptions {
  readonly boot?: 'degraded' | 'required';
  /** The instances to import; @default the one without a name */
  readonly instances?: readonly (string | undefined)[];
  /** @default true */
  readonly withStatus?: boolean;
  /** Told of every phase that a resource enters, from the first on. */
  readonly onPhase?: (entry: ResourceEntry) => void;
}

/** The part of `/status.json` that the contract reads. */
export interface ContractStatus {
  readonly resources: readonly {
    readonly name: string;
    readonly state: HealthState;
    readonly capabilities?: Readonly<Record<string, boolean>>;
  }[];
  readonly operations: readonly {
    readonly resource: string;
    readonly operation: string;
    readonly attempts: number;
    readonly successes: number;
    readonly failures: number;
    readonly rejections: number;
    readonly cancellations: number;
    readonly active: number;
    readonly errorTypes: Readonly<Record<string, number>>;
  }[];
}

/** One application with the module in it, StatusModule beside it, and chaos to stage. */
export class ContractApp {
  readonly app: INestApplication;
  readonly chaos: StagedChaos;
  readonly log: ContractLog;
  readonly patience: Patience;
  #url = '';

  private constructor(
    app: INestApplication,
    chaos: StagedChaos,
    log: ContractLog,
    patienceMs: number | undefined,
  ) {
    this.app = app;
    this.chaos = chaos;
    this.log = log;
    this.patience = new Patience(patienceMs);
  }

  /** Builds the application and lets it listen. Call {@link close} in the end. */
  static async start(
    subject: ModuleContractSubject,
    options: ContractAppOptions = {},
  ): Promise<ContractApp> {
    const { boot = 'degraded', instances = [undefined], withStatus = true, onPhase } = options;
    const chaos = new StagedChaos();
    const log = new ContractLog();
    const config = { probeInterval: PROBE_INTERVAL_MS, drainDelay: 0, details: 'always' } as const;
    const imports = [
      ResourceModule.forRoot({ chaos, drainTimeoutMs: DRAIN_TIMEOUT_MS }),
      ...(withStatus ? [StatusModule.forRoot({ config })] : []),
      PhaseWatch.of(onPhase),
      ...instances.flatMap((instance) => subject.imports({ boot, instance })),
    ];
    const root = { module: ContractModule, imports };
    const app = await NestFactory.create(root, { logger: log, abortOnError: false }).catch(
      (error: unknown) => {
        Logger.overrideLogger(true);
        throw error;
      },
    );
    const started = new ContractApp(app, chaos, log, subject.patienceMs);
    await started.#listen();
    return started;
  }

  /** Ends the application; doing so again does nothing. */
  async close(): Promise<void> {
    await this.app.close();
    Logger.overrideLogger(true);
  }

  /** What the registry knows of a resource. */
  entry(name: string): ResourceEntry | undefined {
    return this.app.get(ResourceRegistry, { strict: false }).get(name);
  }

  /** All resources. */
  resources(): readonly Resource[] {
    const registry = this.app.get(ResourceRegistry, { strict: false });
    return registry.all().map(({ resource }) => resource);
  }

  /** Waits until a resource is initialised. @throws when it is not, and at once when none has this name */
  async ready(name: string): Promise<void> {
    if (!this.entry(name)) {
      throw new Error(
        `No resource is registered as "${name}". Derive from Resource, name it so (an instance behind a colon), and import ResourceModule.`,
      );
    }
    await this.patience.until(
      () => `"${name}" is ${this.entry(name)?.phase}: ${this.entry(name)?.lastError}.`,
      () => this.entry(name)?.phase === 'ready',
    );
  }

  /** What `check()` of the health indicator says of a resource. */
  indicator(name: string): unknown {
    return this.app.get(ResourceHealthIndicator, { strict: false }).check(name)[name];
  }

  /** The body of a route. */
  async read(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const answered = get(this.#url + path, { agent: false }, (response) => {
        text(response).then(resolve, reject);
      });
      answered.on('error', reject);
    });
  }

  async status(): Promise<ContractStatus> {
    return JSON.parse(await this.read('/status.json')) as ContractStatus;
  }

  async metrics(): Promise<readonly ExposedMetric[]> {
    return parseExposition(await this.read('/metrics'));
  }

  /** What is recorded of an operation. */
  async recorded(
    resource: string,
    operation: string,
  ): Promise<ContractStatus['operations'][number] | undefined> {
    const { operations } = await this.status();
    return operations.find((one) => one.resource === resource && one.operation === operation);
  }

  /** The health of a resource. */
  async health(resource: string): Promise<ContractStatus['resources'][number] | undefined> {
    return (await this.status()).resources.find(({ name }) => name === resource);
  }

  async #listen(): Promise<void> {
    try {
      await this.app.listen(0, '127.0.0.1');
      this.#url = await this.app.getUrl();
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}
