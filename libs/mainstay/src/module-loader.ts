import type { DynamicModule } from '@nestjs/common';
import { explainMissingPeer } from 'nestjs-mainstay/common';
import type { DatabaseModuleAsyncOptions, DatabaseModuleOptions } from 'nestjs-mainstay/database';
import type { MainstayAsyncOptions, MainstayOptions } from './mainstay.options.js';

/** Everywhere injectable, as what the front door provides should be. */
const GLOBAL = { isGlobal: true };

/**
 * Imports the modules that are not switched off, and only those: what the others need does not have to be installed.
 * @throws MissingPeerError with the install command when a module that is on needs a package that is missing
 */
export function loadModules(options: MainstayOptions): Promise<DynamicModule[]> {
  const { status, cache, database, storage } = options;
  const loading: Promise<DynamicModule>[] = [];
  if (status !== false) loading.push(loadStatus().then((module) => module.forRoot(status)));
  if (cache !== false) {
    loading.push(loadCache().then((module) => module.forRoot({ ...GLOBAL, ...cache })));
  }
  if (database !== false) {
    const own = { ...GLOBAL, ...(database as DatabaseModuleOptions) };
    loading.push(loadDatabase().then((module) => module.forRoot(own)));
  }
  if (storage !== false) {
    loading.push(loadStorage().then((module) => module.forRoot({ ...GLOBAL, ...storage })));
  }
  return Promise.all(loading);
}

/**
 * As {@link loadModules}; a module without a factory takes its configuration from the environment.
 * @throws MissingPeerError
 */
export function loadModulesAsync(options: MainstayAsyncOptions): Promise<DynamicModule[]> {
  const { status = NOTHING, cache = NOTHING, database = NOTHING, storage = NOTHING } = options;
  const loading: Promise<DynamicModule>[] = [];
  if (status !== false) loading.push(loadStatus().then((module) => module.forRootAsync(status)));
  if (cache !== false) {
    loading.push(loadCache().then((module) => module.forRootAsync({ ...GLOBAL, ...cache })));
  }
  if (database !== false) {
    const own = { ...GLOBAL, ...(database as DatabaseModuleAsyncOptions) };
    loading.push(loadDatabase().then((module) => module.forRootAsync(own)));
  }
  if (storage !== false) {
    loading.push(loadStorage().then((module) => module.forRootAsync({ ...GLOBAL, ...storage })));
  }
  return Promise.all(loading);
}

/** What the database needs on its embedded engine. */
const DATABASE_PEERS = ['typeorm', '@nestjs/typeorm', 'libsql'];

const NOTHING = { useFactory: () => ({}) };

async function loadStatus() {
  return (await load('status', () => import('nestjs-mainstay/status'))).StatusModule;
}

async function loadCache() {
  return (await load('cache', () => import('nestjs-mainstay/cache'))).CacheModule;
}

async function loadDatabase() {
  return (await load('database', () => import('nestjs-mainstay/database'), DATABASE_PEERS))
    .DatabaseModule;
}

async function loadStorage() {
  return (await load('storage', () => import('nestjs-mainstay/storage'))).StorageModule;
}

function load<T>(
  name: string,
  importer: () => Promise<T>,
  peers: readonly string[] = [],
): Promise<T> {
  const neededBy = `The ${name} of MainstayModule (switched off by { ${name}: false })`;
  return explainMissingPeer(importer, neededBy, peers);
}
