import { resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { cacheConfig, type CacheConfig } from 'nestjs-mainstay/cache';
import { formatDuration, redactText } from 'nestjs-mainstay/common';
import { InjectConfig } from 'nestjs-mainstay/config';
import { databaseConfig, type DatabaseConfig } from 'nestjs-mainstay/database';
import { ResourceRegistry, type ResourceEntry, type StepReport } from 'nestjs-mainstay/resource';
import { storageConfig, type StorageConfig } from 'nestjs-mainstay/storage';

/** The routes worth knowing at start. */
const ROUTES = ['/documents', '/health', '/metrics', '/status.json'];

const LOCAL_PATH = /^(file|sqlite):(?!:|\/\/)(.+)$/;

/**
 * What the service says when it has started: where it listens, where everything it depends on is, and how each was
 * initialised, step by step.
 */
@Injectable()
export class StartReport {
  readonly #registry: ResourceRegistry;
  readonly #places: Readonly<Record<string, string>>;

  constructor(
    registry: ResourceRegistry,
    @InjectConfig(cacheConfig) cache: CacheConfig,
    @InjectConfig(databaseConfig) database: DatabaseConfig,
    @InjectConfig(storageConfig) storage: StorageConfig,
  ) {
    this.#registry = registry;
    this.#places = { cache: cache.url, database: database.url, storage: storage.url };
  }

  /** The report, on several lines. @param url where the service listens */
  describe(url: string): string {
    const resources = this.#registry.all().map((entry) => this.#describeResource(entry));
    const routes = ROUTES.map((route) => url + route).join('  ');
    return [`Listening on ${url}`, ...resources, routes].join('\n  ');
  }

  #describeResource(entry: ResourceEntry): string {
    const { name, phase, initializationMs, steps } = entry;
    const took = initializationMs === undefined ? '' : ` in ${formatDuration(initializationMs)}`;
    const place = showPlace(this.#places[name] ?? '');
    return `${name.padEnd(9)} ${phase}${took}, ${place}\n    ${steps.map(describeStep).join(' · ')}`;
  }
}

function describeStep({ name, state, durationMs }: StepReport): string {
  const took = durationMs === undefined ? '' : ` ${formatDuration(durationMs)}`;
  return state === 'passed' ? name + took : `${name}${took} ${state.toUpperCase()}`;
}

/** A URL without secrets; a path as an absolute one. */
function showPlace(url: string): string {
  return redactText(
    url.replace(LOCAL_PATH, (_, scheme: string, path: string) => `${scheme}:${resolve(path)}`),
  );
}
