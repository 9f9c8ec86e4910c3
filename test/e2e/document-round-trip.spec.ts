import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type FileToUpload } from '../support/documents-client.js';
import { makePng } from '../support/png.js';
import { RandomContent } from '../support/random-content.js';
import { ServiceProcess } from '../support/service-process.js';

const MIB = 1_048_576;

let service: ServiceProcess;
let client: DocumentsClient;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new DocumentsClient(service.url);
});

afterAll(async () => {
  await service?.dispose();
});

function sha256(content: FileToUpload['content']): string {
  return createHash('sha256').update(content).digest('hex');
}

async function realFiles(): Promise<FileToUpload[]> {
  const source = await readFile(new URL(import.meta.url));
  return [
    {
      name: 'document-round-trip.spec.ts',
      type: 'text/typescript',
      content: new Uint8Array(source),
    },
    { name: 'gradient.png', type: 'image/png', content: makePng(300) },
    { name: 'empty.txt', type: 'text/plain', content: '' },
    { name: 'Отчёт за ноябрь.txt', type: 'text/plain', content: 'Привет, мир\n' },
    { name: '🎉 family 👩‍👩‍👧.bin', type: 'application/octet-stream', content: '🎉' },
    { name: 'quotes " and spaces; and = signs.txt', type: 'text/plain', content: 'a' },
  ];
}

describe('a document goes up and comes back', () => {
  it('with its bytes, name, type and size as they were, after a restart too', async () => {
    const files = await realFiles();
    const ids: string[] = [];
    for (const file of files) {
      const { status, headers, body } = await client.upload(file);
      expect(status).toBe(201);
      expect(headers.get('location')).toBe(`/documents/${body.id}`);
      expect(body).toMatchObject({
        name: file.name,
        contentType: file.type,
        sha256: sha256(file.content),
      });
      ids.push(body.id);
    }
    await expectSame(files, ids);
    await service.stop();
    await service.run();
    await expectSame(files, ids);
  });

  it(
    'with 200 MiB of random bytes, in less than 300 MiB of memory',
    { timeout: 60_000 },
    async () => {
      const content = new RandomContent(200 * MIB);
      const { status, body } = await client.uploadStream('random.bin', content);
      expect(status).toBe(201);
      const expected = content.sha256();
      expect(body).toMatchObject({ size: 200 * MIB, sha256: expected });
      const back = await client.download(body.id);
      expect(back).toMatchObject({ size: 200 * MIB, sha256: expected });
      expect(await service.peakMemoryBytes()).toBeLessThan(300 * MIB);
    },
  );
});

async function expectSame(files: readonly FileToUpload[], ids: readonly string[]): Promise<void> {
  for (const [index, file] of files.entries()) {
    const { headers, size, sha256: hash } = await client.download(ids[index] as string);
    expect(hash).toBe(sha256(file.content));
    expect(headers.get('content-length')).toBe(String(size));
    expect(headers.get('content-type')).toBe(file.type);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="/);
    expect(headers.get('content-disposition')).toContain(`filename*=UTF-8''${extended(file.name)}`);
  }
}

/** The percent-encoding of RFC 8187. */
function extended(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const hex = byte.toString(16).toUpperCase().padStart(2, '0');
      return /[A-Za-z0-9!#$&+.^_`|~-]/.test(character) ? character : `%${hex}`;
    })
    .join('');
}
