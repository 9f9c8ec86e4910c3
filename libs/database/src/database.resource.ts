import type {
  BootPolicy,
  Criticality,
  InitializationStep,
  ProbeResult,
} from 'nestjs-mainstay/resource';
import { Resource } from 'nestjs-mainstay/resource';
import type { MainstayDataSource } from './data-source/mainstay-data-source.js';
import type { DatabaseConfig } from './database.config.js';
import { engineOf } from './engine/engines.js';
import { DatabaseConfigurationError } from './errors/connection.errors.js';

/** How long migrations, those of another process included, may take, in milliseconds. */
const MIGRATIONS_TIMEOUT_MS = 60_000;

/** The name of the resource of an instance: `'database'`, `'database:reports'`. */
export function databaseResourceName(name?: string): string {
  return name === undefined ? 'database' : `database:${name}`;
}

/** How a database is initialised, probed and closed. */
export class DatabaseResource extends Resource {
  override readonly startedBy = 'module';
  override readonly boot: BootPolicy;
  override readonly criticality: Criticality;
  override readonly system: string | undefined;
  readonly name: string;
  readonly #config: DatabaseConfig;
  readonly #dataSource: MainstayDataSource;

  constructor(config: DatabaseConfig, dataSource: MainstayDataSource) {
    super();
    this.name = dataSource.name;
    this.boot = config.boot;
    this.criticality = config.criticality;
    this.system = engineOf(config.url)?.system;
    this.#config = config;
    this.#dataSource = dataSource;
  }

  protected steps(): readonly InitializationStep[] {
    const dataSource = this.#dataSource;
    const { engine } = dataSource;
    const steps: InitializationStep[] = [
      { name: 'validate config', run: () => this.#validate() },
      this.#step('test connection', (signal) => engine.testConnection(signal)),
      this.#step('create connection', (signal) => this.#connect(signal)),
      this.#step('set options', (signal) => engine.setOptions(signal)),
      this.#step('test operations', (signal) => engine.testOperations(signal)),
      ...this.#schemaSteps(),
    ];
    return [...steps.slice(0, -1), this.#opening(steps.at(-1) as InitializationStep)];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    return this.#dataSource.engine.probe(signal);
  }

  async close(): Promise<void> {
    await this.#dataSource.destroy();
  }

  #step(name: string, run: InitializationStep['run']): InitializationStep {
    const { stepTimeoutMs } = this.#dataSource.engine;
    return { name, run, ...(stepTimeoutMs !== undefined && { timeoutMs: stepTimeoutMs }) };
  }

  /** A connecting that is given up ends, so that the next try begins anew. */
  async #connect(signal: AbortSignal): Promise<void> {
    const cancel = (): void => this.#dataSource.engine.cancelConnecting();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await this.#dataSource.initialize();
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  #schemaSteps(): InitializationStep[] {
    const dataSource = this.#dataSource;
    const steps: InitializationStep[] = [];
    if (this.#config.migrationsRun && dataSource.migrations.length > 0) {
      steps.push({
        name: 'run migrations',
        timeoutMs: MIGRATIONS_TIMEOUT_MS,
        run: async (signal) => {
          const wait = { timeoutMs: MIGRATIONS_TIMEOUT_MS, signal };
          await dataSource.asInitialization(() => dataSource.engine.runMigrations(wait));
        },
      });
    }
    if (this.#config.synchronize) {
      steps.push({
        name: 'synchronize schema',
        timeoutMs: MIGRATIONS_TIMEOUT_MS,
        run: () => dataSource.asInitialization(() => dataSource.synchronize()),
      });
    }
    return steps;
  }

  /** The step after which everybody is let in. */
  #opening(step: InitializationStep): InitializationStep {
    const run = async (signal: AbortSignal): Promise<void> => {
      await step.run(signal);
      signal.throwIfAborted();
      this.#dataSource.open();
    };
    return { ...step, run };
  }

  #validate(): void {
    const { url } = this.#config;
    const engine = engineOf(url);
    const problem = engine ? engine.findUrlProblem(url) : 'chooses no engine that is known';
    if (problem) throw new DatabaseConfigurationError(this.name, `the URL ${problem}.`);
  }
}
