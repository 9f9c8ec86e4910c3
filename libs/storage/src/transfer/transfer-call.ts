import type { TransferCall } from '../disks/disk.js';
import type { Watched } from './watched.js';

/** What the disk is told so that its progress is seen. */
export function transferCall({ signal, moved }: Watched): TransferCall {
  return { signal, onProgress: () => moved('disk') };
}
