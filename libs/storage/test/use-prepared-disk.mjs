import { SystemClock } from 'nestjs-mainstay/common';
import { LocalDisk } from '../src/disks/local-disk.js';
import { prepareDisk } from '../src/disks/prepare-disk.js';
import { ObjectKey } from '../src/keys/object-key.js';
import { codeOf, print } from './open-disk.mjs';

/** Uses a disk that another process prepared, as the user whose id is the second argument, and tells what fails. */
const [root, user] = process.argv.slice(2);
if (user && process.getuid() === 0) process.setuid(Number(user));
const disk = new LocalDisk({ root }, new SystemClock());
const [there, secret, fresh] = ['there', 'secret/a', 'fresh/a'].map((key) => ObjectKey.parse(key));
print({
  read: await codeOf(disk.read(there)),
  readSecret: await codeOf(disk.read(secret)),
  statSecret: await codeOf(disk.stat(secret)),
  put: await codeOf(disk.put(fresh, [Buffer.from('new')])),
  delete: await codeOf(disk.delete(there)),
  move: await codeOf(disk.move(there, fresh)),
  prepare: await codeOf(prepareDisk(disk)),
});
