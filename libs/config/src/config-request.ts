import type { ConfigDefinition } from './config-definition.js';
import { variableName } from './variable-name.js';

/** For whom a configuration is read, see {@link ConfigRequest}. */
export interface ConfigRequestOptions<T extends object> {
  /** Name of a named instance: `sessions` reads `CACHE_SESSIONS_*`, and nothing of `CACHE_*`. */
  readonly instance?: string | undefined;
  /** Values given in code; they win over the environment. `undefined` counts as absent. */
  readonly overrides?: Partial<T> | undefined;
}

/**
 * One module's wish for its configuration. It is put into the container as a plain value, so that the
 * {@link ConfigLoader} sees the requests of all modules before it validates any.
 */
export class ConfigRequest<T extends object = object> {
  readonly definition: ConfigDefinition<T>;
  readonly instance: string | undefined;
  readonly overrides: Partial<T>;
  /** `true`: more overrides come from `forRootAsync`; what is missing is judged when they have arrived. */
  readonly awaitsOverrides: boolean = false;

  constructor(definition: ConfigDefinition<T>, options: ConfigRequestOptions<T> = {}) {
    this.definition = definition;
    this.instance = options.instance;
    this.overrides = options.overrides ?? {};
  }

  /** `cache` or `cache:sessions`. */
  get label(): string {
    const { namespace } = this.definition;
    return this.instance === undefined ? namespace : `${namespace}:${this.instance}`;
  }

  /** The environment variable that a key is read from. */
  variable(key: string): string {
    return variableName(this.definition.namespace, this.instance, key);
  }

  /** The value that code gives for a key, or `undefined`. */
  override(key: string): unknown {
    return (this.overrides as Readonly<Record<string, unknown>>)[key];
  }

  /** The same request with `overrides` over the present ones; nothing more is awaited. */
  with(overrides: Partial<T> | undefined): ConfigRequest<T> {
    const { definition, instance } = this;
    return new ConfigRequest(definition, {
      instance,
      overrides: { ...this.overrides, ...overrides },
    });
  }

  /** The same request, marked as waiting for overrides from `forRootAsync`. */
  awaitingOverrides(): ConfigRequest<T> {
    return Object.assign(this.with(undefined), { awaitsOverrides: true });
  }
}
