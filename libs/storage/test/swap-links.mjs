import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the folder `swap` below the first argument a link to the second, and a folder again, as fast as it goes; tells
 * every thousandth time. Needs no compiler: runs until it is killed.
 */
const [root, outside] = process.argv.slice(2);
const [swap, link, folder] = ['swap', 'spare-link', 'spare-folder'].map((name) => join(root, name));
symlinkSync(outside, link);
mkdirSync(swap, { recursive: true });
for (let round = 1; ; round++) {
  try {
    renameSync(swap, folder);
    renameSync(link, swap);
    renameSync(swap, link);
    renameSync(folder, swap);
  } catch {
    // The disk made the folder anew meanwhile: begin again with a link and a folder.
    for (const path of [swap, link, folder]) rmSync(path, { recursive: true, force: true });
    if (!existsSync(link)) symlinkSync(outside, link);
    mkdirSync(swap);
  }
  if (round % 1_000 === 0) process.stdout.write('.');
}
