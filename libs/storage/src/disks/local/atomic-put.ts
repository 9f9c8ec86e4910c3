import type { Clock } from 'nestjs-mainstay/common';
import type { ObjectKey } from '../../keys/object-key.js';
import type { ByteSource, Durability, PutCall, StoredObject } from '../disk.js';
import type { KeyLocks } from '../key-locks.js';
import { etagOf } from './file-stat.js';
import type { LocalRoot } from './local-root.js';
import type { ObjectAccess } from './object-access.js';
import type { Publication } from './publication.js';
import type { TempFile, WrittenFile } from './temp-file.js';
import { UniqueTime } from './unique-time.js';

/** What an {@link AtomicPut} is made of. */
export interface AtomicPutParts {
  readonly root: LocalRoot;
  readonly access: ObjectAccess;
  readonly publication: Publication;
  readonly locks: KeyLocks;
  readonly durability: Durability;
  readonly clock: Clock;
}

/**
 * Stores an object all or nothing: temporary file → every byte written → length checked → fsync → rename → fsync of the
 * folder. Whatever fails on the way leaves the old object as it was and no temporary file.
 */
export class AtomicPut {
  readonly #parts: AtomicPutParts;
  readonly #times: UniqueTime;

  constructor(parts: AtomicPutParts) {
    this.#parts = parts;
    this.#times = new UniqueTime(parts.clock);
  }

  async put(key: ObjectKey, source: ByteSource, call: PutCall): Promise<StoredObject> {
    const { root, access } = this.#parts;
    const durability = call.durability ?? this.#parts.durability;
    const temp = await access.typed(() => root.createTemp());
    try {
      const written = await access.typed(() =>
        temp.write(source, call, durability, () => this.#times.next()),
      );
      await this.#publish(temp, key, call, durability);
      return storedObject(key, written, durability);
    } finally {
      await temp.discard();
    }
  }

  #publish(temp: TempFile, key: ObjectKey, call: PutCall, durability: Durability): Promise<void> {
    const { locks, access, publication } = this.#parts;
    return locks.run([key.value], () =>
      access.on(key, (way) => publication.publish(temp, way, call, durability)),
    );
  }
}

function storedObject(key: ObjectKey, written: WrittenFile, durability: Durability): StoredObject {
  const { file, sha256 } = written;
  return {
    key: key.value,
    size: file.size,
    etag: etagOf(file),
    durability,
    storedOn: 'primary',
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}
