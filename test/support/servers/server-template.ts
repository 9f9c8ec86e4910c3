import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../../scripts/root.mjs';

/** A data directory that all servers of one version start from. */
export interface ServerTemplate {
  /** Folder under `build/` that keeps it. */
  readonly folder: string;
  /** Everything that its content depends on: another recipe is another template. */
  readonly recipe: readonly unknown[];
  /** Makes it at the given path, which does not exist. */
  readonly make: (target: string) => Promise<void>;
}

/**
 * Gives the path of a template, which is made when it is needed first. It is built beside its place and moved there, so
 * that processes that make it at the same time do not disturb each other.
 */
export async function templateOf({ folder, recipe, make }: ServerTemplate): Promise<string> {
  const home = join(root, 'build', folder);
  const name = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const template = join(home, name);
  if (existsSync(template)) return template;
  const draft = `${template}.${randomUUID()}`;
  await mkdir(home, { recursive: true });
  await make(draft);
  try {
    await rename(draft, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
    await rm(draft, { recursive: true }); // somebody else was faster
  }
  return template;
}
