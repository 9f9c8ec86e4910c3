import { open } from 'node:fs/promises';

/** Windows cannot open folders, and makes names durable by itself. */
const CAN_SYNC_FOLDERS = process.platform !== 'win32';

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  if (!CAN_SYNC_FOLDERS) return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
