import { ObjectKey } from '../src/keys/object-key.js';
import { codeOf, openDisk, print } from './open-disk.mjs';

/** Opens an object until no descriptor is left, and tells what fails then, and after the objects were closed. */
const KEY = ObjectKey.parse('a/b');
const disk = await openDisk();
await disk.put(KEY, [Buffer.from('data')]);
const opened = [];
let open = 'none';
while (open === 'none') open = await codeOf(disk.open(KEY).then((object) => opened.push(object)));
const put = await codeOf(disk.put(ObjectKey.parse('c'), [Buffer.from('data')]));
await Promise.all(opened.map((object) => object.close()));
const putAfter = await codeOf(disk.put(ObjectKey.parse('c'), [Buffer.from('data')]));
print({ open, put, putAfter });
