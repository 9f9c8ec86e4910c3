import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from './config.errors.js';
import { ConfigModuleSettings } from './config.options.js';
import { ConfigRequest } from './config-request.js';
import type { Environment } from './environment.js';
import { readEnvironment } from './read-environment.js';
import { readersOf } from './config-reader.js';
import { describeConflicts } from './report/conflicts.js';
import { judgeNearNames } from './report/near-name.js';
import { formatZeroSetup } from './report/zero-setup.js';
import { resolveConfig } from './resolve-config.js';
import type { ConfigViolation } from './violation.js';

/**
 * Reads the configuration of all modules at once. Nest scans every module before it builds a provider, so that this
 * constructor finds every {@link ConfigRequest} in the container and reports every violation in one error.
 */
@Injectable()
export class ConfigLoader {
  readonly #logger = new Logger('Configuration');
  readonly #environment: Environment;
  readonly #known: string[] = [];
  readonly #values = new Map<ConfigRequest, object>();

  /** @throws {@link ConfigurationError} with everything that is wrong */
  constructor(modules: ModulesContainer) {
    const values = [...valuesIn(modules)];
    const requests = values.filter((value) => value instanceof ConfigRequest);
    const settings = values.filter((value) => value instanceof ConfigModuleSettings);
    this.#environment = readEnvironment(settings.map(({ options }) => options));
    this.#load(requests);
  }

  /** Whether this is a production environment: `NODE_ENV=production`, wherever variables are read from. */
  get isProduction(): boolean {
    return this.#environment.isProduction;
  }

  /**
   * The frozen configuration of a request. One that no module of the start carried (lazily loaded modules) is validated
   * now.
   * @throws {@link ConfigurationError}
   */
  get<T extends object>(request: ConfigRequest<T>): Readonly<T> {
    if (!this.#values.has(request)) this.#load([request]);
    return this.#values.get(request) as Readonly<T>;
  }

  /**
   * The configuration of a request whose last overrides came from a `forRootAsync` factory.
   * @throws {@link ConfigurationError}
   */
  getWith<T extends object>(request: ConfigRequest<T>, late: Partial<T> | undefined): Readonly<T> {
    return this.get(request.with(late));
  }

  #load(requests: readonly ConfigRequest[]): void {
    const environment = this.#environment;
    const readers = requests.flatMap(readersOf);
    this.#known.push(...readers.map(({ variable }) => variable));
    const near = judgeNearNames(readers, this.#known, environment);
    const resolved = requests.map((request) => ({
      request,
      ...resolveConfig(request, environment),
    }));
    const found = toldOnce(resolved.flatMap(({ violations }) => violations));
    this.#refuse([...describeConflicts(readers), ...near.violations, ...withoutNear(found, near)]);
    for (const { request, value } of resolved) this.#values.set(request, value);
    for (const warning of near.warnings) this.#logger.warn(warning);
    const zeroSetup = toldOnce(resolved.flatMap((one) => one.zeroSetup));
    if (zeroSetup.length > 0) this.#logger.warn(formatZeroSetup(zeroSetup));
  }

  #refuse(violations: readonly ConfigViolation[]): void {
    if (violations.length > 0) throw new ConfigurationError(violations);
  }
}

/** Several modules may read the same configuration; what is to be said of it is said once. */
function toldOnce<T extends object>(said: readonly T[]): readonly T[] {
  return [...new Map(said.map((one) => [JSON.stringify(one), one])).values()];
}

/** A near name says more than that its variable is missing. */
function withoutNear(
  violations: readonly ConfigViolation[],
  near: { readonly violations: readonly ConfigViolation[] },
): readonly ConfigViolation[] {
  const explained = new Set(near.violations.map(({ variable }) => variable));
  return violations.filter(({ variable }) => !explained.has(variable));
}

function* valuesIn(modules: ModulesContainer): Iterable<unknown> {
  for (const module of modules.values()) {
    for (const wrapper of module.providers.values()) yield wrapper.instance;
  }
}
