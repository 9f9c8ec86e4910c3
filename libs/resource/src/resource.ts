import type { InitializationStep } from './initialization-step.js';
import type { ProbeResult } from './probe-result.js';
import type { ResourceMetric } from './resource-metric.js';

/**
 * What it means for the service when a resource is down: `critical` takes the instance out of rotation, `degradable`
 * leaves it serving with less, `informational` is only shown.
 */
export type Criticality = 'critical' | 'degradable' | 'informational';

/**
 * What the application does when a resource is not there at boot: `degraded` starts without it and goes on trying in
 * the background; `required` refuses to start.
 */
export type BootPolicy = 'degraded' | 'required';

/**
 * Anything that a service depends on: a cache, a database, a disk, a broker, a partner's API. Derive from it, provide
 * the class in a module, and it is initialised by its named steps, probed, shown in health and metrics, and closed in
 * order.
 *
 * @example
 * \@Injectable()
 * class PaymentsApi extends Resource {
 *   readonly name = 'payments';
 *   protected steps() {
 *     return [{ name: 'test connection', run: (signal: AbortSignal) => this.ping(signal) }];
 *   }
 *   async probe(signal: AbortSignal) {
 *     await this.ping(signal);
 *     return { capabilities: { read: true, write: true } };
 *   }
 *   async close() {}
 * }
 */
export abstract class Resource {
  /** Unique in the application: `'cache'`, `'cache:sessions'`, `'payments'`. */
  abstract readonly name: string;

  /** @default 'degradable' */
  readonly criticality: Criticality = 'degradable';

  /** @default 'degraded' */
  readonly boot: BootPolicy = 'degraded';

  /**
   * Who starts the resource: `'discovery'` finds it among the providers when the application initialises; a module that
   * starts its own in an async provider says `'module'`.
   * @default 'discovery'
   */
  readonly startedBy: 'discovery' | 'module' = 'discovery';

  /** Whether operations have another way to answer while the resource is away; such a resource is degraded, not down. */
  readonly hasFallback: boolean = false;

  /**
   * Which database system the operations talk to, in the words of OpenTelemetry's `db.system.name`: `'postgresql'`,
   * `'sqlite'`, `'redis'`. Telemetry then has them under the names that are agreed for databases.
   * @default undefined: no database
   * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/
   */
  readonly system: string | undefined = undefined;

  /** Its numbers beside those of its operations, shown as metrics. @default none */
  readonly metrics: readonly ResourceMetric[] = [];

  #isEnding = false;

  /**
   * Whether {@link close} is for good, because the application ends, and not only to release what a failed
   * initialisation has left.
   */
  protected get isEnding(): boolean {
    return this.#isEnding;
  }

  /** The steps of the initialisation, in order. Asked for anew at each try. */
  protected abstract steps(): readonly InitializationStep[];

  /**
   * Tests the resource by real round trips through the client in use, one per capability.
   * @throws whatever the client throws: the resource is then down as a whole
   */
  abstract probe(signal: AbortSignal): Promise<ProbeResult>;

  /** Releases everything that the steps acquired; also called after a failed or partial initialisation. */
  abstract close(signal: AbortSignal): Promise<void>;

  /** From now on there is no other initialisation. @internal called by the ResourceCloser */
  end(): void {
    this.#isEnding = true;
  }

  /** The steps, for the initialiser. @internal */
  initializationSteps(): readonly InitializationStep[] {
    return this.steps();
  }
}
