import { ObjectKey } from '../src/keys/object-key.js';
import { openDisk, print } from './open-disk.mjs';

/** Overwrites a few objects with versions that name themselves in each of their bytes, until somebody kills it. */
const disk = await openDisk({ durability: 'none' });
const keys = ['torn/a', 'torn/b', 'c'].map((key) => ObjectKey.parse(key));
print('ready');
for (let version = 1; ; version = (version % 250) + 1) {
  const data = Buffer.alloc(64 * 1024, version);
  await Promise.all(keys.map((key) => disk.put(key, [data.subarray(0, 9), data.subarray(9)])));
}
