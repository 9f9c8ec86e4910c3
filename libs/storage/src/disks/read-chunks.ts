import type { OpenedObject } from './disk.js';

/** What an opened object gives, as the source of a put. Does not close the object. */
export async function* readChunks(
  object: OpenedObject,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let chunk = await object.read(); chunk; chunk = await object.read()) yield chunk;
}
