import type { Clock } from 'nestjs-mainstay/common';
import {
  Resource,
  type BootPolicy,
  type Criticality,
  type InitializationStep,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import {
  tryListing,
  tryOperations,
  tryWriting,
  type DiskCapabilities,
} from './disks/disk-trial.js';
import type { Disk, DiskUsage } from './disks/disk.js';
import { openDisk } from './disks/open-disk.js';
import type { StorageConfig } from './storage.config.js';
import type { StorageBackend } from './storage.service.js';

/** Putting, syncing and listing on a slow disk takes its time. */
const TRIAL_TIMEOUT_MS = 15_000;

/** How a storage is initialised, probed and closed. */
export class StorageResource extends Resource implements StorageBackend {
  override readonly startedBy = 'module';
  readonly name: string;
  override readonly criticality: Criticality;
  override readonly boot: BootPolicy;
  readonly clock: Clock;
  readonly maxBytes: number | undefined;
  readonly #config: StorageConfig;
  #disk: Disk | undefined;
  #capabilities: DiskCapabilities | undefined;

  /** @param instance name of a named instance */
  constructor(config: StorageConfig, clock: Clock, instance?: string) {
    super();
    this.name = instance === undefined ? 'storage' : `storage:${instance}`;
    this.criticality = config.criticality;
    this.boot = config.boot;
    this.clock = clock;
    this.maxBytes = config.maxBytes;
    this.#config = config;
  }

  /** @throws StorageInvalidRootError when the URL names no folder */
  get disk(): Disk {
    return (this.#disk ??= openDisk(this.#config, this.clock));
  }

  /** What the disk was found to be able to do; `undefined` until it was initialised. */
  get capabilities(): DiskCapabilities | undefined {
    return this.#capabilities;
  }

  protected steps(): readonly InitializationStep[] {
    return [
      { name: 'validate config', run: () => void this.disk },
      ...this.#preparation(),
      { name: 'test operations', timeoutMs: TRIAL_TIMEOUT_MS, run: (signal) => this.#try(signal) },
    ];
  }

  /**
   * Writes, syncs, reads back and deletes a few bytes, and looks at what is left of the disk.
   * @throws the failure when neither reading nor writing works
   */
  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const startedAt = this.clock.now();
    const writing = await failureOf(tryWriting(this.disk, signal));
    const writeMs = Math.round(this.clock.now() - startedAt);
    const reading = await failureOf(tryListing(this.disk, signal));
    if (reading) throw reading.error;
    const usage = await this.disk.usage();
    return {
      capabilities: { read: true, write: !writing, space: this.#hasSpace(usage) },
      details: {
        disk: this.disk.kind,
        writeMs,
        ...usage,
        ...this.#capabilities,
        ...(writing && { writeError: codeOf(writing.error) }),
      },
    };
  }

  async close(): Promise<void> {
    await this.#disk?.close();
  }

  /** Without a disk there is nothing to prepare; the first step has said why. */
  #preparation(): readonly InitializationStep[] {
    try {
      return this.disk.preparation();
    } catch {
      return [];
    }
  }

  async #try(signal: AbortSignal): Promise<void> {
    this.#capabilities = await tryOperations(this.disk, this.clock, signal);
    await this.disk.adopt();
  }

  #hasSpace({ freeBytes = Infinity, freeInodes = Infinity }: DiskUsage): boolean {
    return freeBytes >= this.#config.minFreeBytes && freeInodes >= this.#config.minFreeInodes;
  }
}

async function failureOf(work: Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { error };
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}
