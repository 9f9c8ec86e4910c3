import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type DocumentView } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { healthOf } from '../support/health.js';
import { canMount, MountedDisk } from '../support/mounted-disk.js';
import { expectUnavailable } from '../support/problem.js';
import { ServiceProcess } from '../support/service-process.js';

const mounts = canMount();
const reason = mounts ? '' : ' (skipped: mounting a disk needs root)';

const LARGE = new Uint8Array(2 * 1_024 * 1_024);

describe.runIf(mounts)(`storage rule 10: a disk that misbehaves${reason}`, () => {
  let service: ServiceProcess;
  let disk: MountedDisk;
  let client: DocumentsClient;
  let kept: DocumentView;

  beforeAll(async () => {
    service = await ServiceProcess.create({
      env: {
        STATUS_PROBE_INTERVAL: '300ms',
        STORAGE_MIN_FREE_BYTES: '64KiB',
        STORAGE_MIN_FREE_INODES: '10',
      },
    });
    disk = await MountedDisk.mount(service.storageDirectory, '4m');
    await service.run();
    client = new DocumentsClient(service.url);
    kept = (await client.upload({ name: 'kept.bin', content: 'kept' })).body;
  });

  afterAll(async () => {
    await service?.dispose().catch(() => undefined);
    await disk?.dispose();
    await service?.dispose();
  });

  const documents = async (): Promise<readonly DocumentView[]> =>
    (await client.json<{ documents: DocumentView[] }>('/documents')).body.documents;

  /** Nothing of an upload that was refused is left: no row, no content, no temporary file. */
  const expectNothingBehind = async (): Promise<void> => {
    expect(await documents()).toEqual([kept]);
    expect(await disk.files('documents')).toEqual([kept.id]);
    // A probe of the health has a temporary file for a moment as well.
    await eventually(async () => expect(await disk.files('.mainstay')).toEqual(['root-id']));
  };

  const expectReadable = async (): Promise<void> => {
    expect(await client.download(kept.id)).toMatchObject({ sha256: kept.sha256 });
  };

  const expectAlive = async (): Promise<void> => {
    expect((await client.json('/livez')).status).toBe(200);
    expect((await client.json('/readyz')).status).toBe(200);
  };

  /** It works again by itself, and is left as it was. */
  const expectRecovered = async (): Promise<void> => {
    await eventually(async () => {
      const { status, body } = await client.upload({ name: 'after.bin', content: 'after' });
      expect(status).toBe(201);
      expect((await client.json(body.links.self, { method: 'DELETE' })).status).toBe(204);
    }, 10_000);
    await eventually(
      async () => expect(await healthOf(service.url, 'storage')).toMatchObject({ state: 'up' }),
      10_000,
    );
    await expectReadable();
    await expectNothingBehind();
  };

  describe('full', () => {
    beforeAll(() => disk.fill());

    it('uploads are refused with 503 and leave nothing behind; old documents are intact', async () => {
      for (let upload = 0; upload < 6; upload++) {
        const answer = await client.upload({ name: 'large.bin', content: LARGE });
        expectUnavailable(answer, '/documents');
      }
      await expectReadable();
      await expectNothingBehind();
    });

    it('the service is alive and ready, and its health says that the disk is short of space', async () => {
      await expectAlive();
      await eventually(async () => {
        expect((await healthOf(service.url, 'storage')).state).not.toBe('up');
      }, 5_000);
    });

    it('works again by itself when there is space', async () => {
      await disk.free();
      await expectRecovered();
    });
  });

  describe('full in the middle of an upload', () => {
    it('the upload is refused and leaves nothing behind; a smaller one fits', async () => {
      const content = new Uint8Array(6 * 1_024 * 1_024);
      expectUnavailable(await client.upload({ name: 'too-large.bin', content }), '/documents');
      await expectNothingBehind();
      await expectRecovered();
    });
  });

  describe('read-only', () => {
    beforeAll(() => disk.setReadOnly(true));

    it('uploads are refused with 503 and leave nothing behind; old documents are served', async () => {
      for (let upload = 0; upload < 6; upload++) {
        expectUnavailable(await client.upload({ name: 'a.bin', content: 'a' }), '/documents');
      }
      await expectReadable();
      await expectNothingBehind();
    });

    it('the service is alive and ready, and its health says what is wrong', async () => {
      await expectAlive();
      await eventually(async () => {
        expect((await healthOf(service.url, 'storage')).state).not.toBe('up');
      }, 5_000);
    });

    it('works again by itself when it is writable', async () => {
      await disk.setReadOnly(false);
      await expectRecovered();
    });
  });

  describe('unmounted', () => {
    beforeAll(() => disk.detach());

    it('uploads and downloads are refused with 503; nothing is written below the mount point', async () => {
      expectUnavailable(await client.upload({ name: 'a.bin', content: 'a' }), '/documents');
      expectUnavailable(await client.json(kept.links.content), kept.links.content);
      expect(await readdir(disk.folder)).toEqual([]);
      await expectNothingBehind();
    });

    it('the service is alive and ready, and its health says what is wrong', async () => {
      await expectAlive();
      await eventually(async () => {
        expect((await healthOf(service.url, 'storage')).state).not.toBe('up');
      }, 5_000);
    });

    it('works again by itself when it is mounted', async () => {
      await disk.attach();
      await expectRecovered();
    });
  });
});
