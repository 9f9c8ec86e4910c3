import { readdirSync } from 'node:fs';
import { ObjectKey } from '../src/keys/object-key.js';
import { codeOf, openDisk, print } from './open-disk.mjs';

/** Overwrites an object with more than the disk takes, and tells what became of it. */
const KEY = ObjectKey.parse('reports/a');
const OLD = Buffer.alloc(100 * 1024, 'old');
const descriptors = () => readdirSync('/proc/self/fd').length;

const disk = await openDisk();
await disk.put(KEY, [OLD]);
const before = descriptors();
const code = await codeOf(disk.put(KEY, [Buffer.alloc(2 * 1024 * 1024, 'new')]));
const isOldIntact = (await disk.read(KEY)).equals(OLD);
const { temps } = await disk.usage();
const leaked = descriptors() - before;
await disk.delete(KEY);
const codeAfter = await codeOf(disk.put(KEY, [OLD]));
print({ code, isOldIntact, temps, leaked, codeAfter });
