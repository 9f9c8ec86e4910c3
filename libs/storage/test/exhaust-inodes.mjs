import { ObjectKey } from '../src/keys/object-key.js';
import { codeOf, openDisk, print } from './open-disk.mjs';

/** Puts small objects until one fails, and tells what is free then. */
const disk = await openDisk();
let code = 'none';
for (let count = 0; code === 'none' && count < 1_000; count++) {
  code = await codeOf(disk.put(ObjectKey.parse(`small/${count}`), [Buffer.from('x')]));
}
const { freeBytes, freeInodes } = await disk.usage();
print({ code, hasFreeBytes: freeBytes > 100_000, freeInodes });
