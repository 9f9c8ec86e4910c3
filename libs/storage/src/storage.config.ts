import Joi from 'joi';
import {
  bootSchema,
  criticalitySchema,
  defineConfig,
  sizeSchema,
  urlSchema,
} from 'nestjs-mainstay/config';
import type { BootPolicy, Criticality } from 'nestjs-mainstay/resource';
import type { Durability } from './disks/disk.js';
import type { LinkPolicy } from './disks/local/links.js';

/** The configuration of one storage; read from `STORAGE_*`. */
export interface StorageConfig {
  /** Where objects are stored: `file:./data/storage`, `memory:`. */
  readonly url: string;
  readonly boot: BootPolicy;
  readonly criticality: Criticality;
  readonly durability: Durability;
  /** The most bytes of an object; absent: no limit. */
  readonly maxBytes?: number | undefined;
  readonly links: LinkPolicy;
  /** Permissions of new files, octal. */
  readonly fileMode: string;
  /** Permissions of new folders, octal. */
  readonly folderMode: string;
  /** Below so many free bytes the health of the disk says so. */
  readonly minFreeBytes: number;
  /** Below so many free inodes the health of the disk says so. */
  readonly minFreeInodes: number;
}

const modeSchema = (): Joi.StringSchema =>
  Joi.string().pattern(/^0?[0-7]{3}$/, 'an octal mode such as 0640');

/** The variables `STORAGE_*`, their defaults and rules. */
export const storageConfig = defineConfig<StorageConfig>(
  'storage',
  Joi.object({
    url: urlSchema({ protocols: ['file:', 'memory:'], embeddedDefault: 'file:./data/storage' })
      .description(
        'Where objects are stored: a folder of this machine, or the memory of the process.',
      )
      .example('file:/var/lib/app/storage'),
    boot: bootSchema(),
    criticality: criticalitySchema(),
    durability: Joi.string()
      .valid('full', 'file', 'none')
      .default('full')
      .description(
        'What has reached the device when a write is acknowledged: full = data and name, file = data, none = nothing for sure.',
      )
      .example('file'),
    maxBytes: sizeSchema()
      .min(1)
      .description('The most bytes of an object; larger ones are refused while they stream in.')
      .example('100MiB'),
    links: Joi.string()
      .valid('deny', 'within-root')
      .default('deny')
      .description(
        'Whether keys may lead through symbolic links: never, or as long as the root is not left.',
      )
      .example('within-root'),
    fileMode: modeSchema()
      .default('0640')
      .description('Permissions of new files, octal; the umask applies.')
      .example('0600'),
    folderMode: modeSchema()
      .default('0750')
      .description('Permissions of new folders, octal; the umask applies.')
      .example('0700'),
    minFreeBytes: sizeSchema()
      .default('64MiB')
      .description('Below so many free bytes the disk counts as short of space.')
      .example('1GiB'),
    minFreeInodes: Joi.number()
      .integer()
      .min(0)
      .default(1_000)
      .description('Below so many free inodes the disk counts as short of space.')
      .example(10_000),
  }),
);
