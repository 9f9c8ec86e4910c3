import { createHash, randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type Answer, type DocumentView } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { ended, readMetrics } from '../support/metrics.js';
import { expectProblem } from '../support/problem.js';
import { RandomContent } from '../support/random-content.js';
import { ServiceProcess } from '../support/service-process.js';

const MIB = 1_048_576;
const SIZE = 300_000;
const BYTES = randomBytes(SIZE);

let service: ServiceProcess;
let client: DocumentsClient;
let document: DocumentView;
let etag: string;
let lastModified: string;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new DocumentsClient(service.url);
  const file = { name: 'table.csv', type: 'text/csv', content: new Uint8Array(BYTES) };
  document = (await client.upload(file)).body;
  etag = `"${document.sha256}"`;
  lastModified = new Date(document.createdAt).toUTCString();
});

afterAll(async () => {
  await service?.dispose();
});

interface ContentAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

async function ask(headers: Record<string, string> = {}, method = 'GET'): Promise<ContentAnswer> {
  const response = await fetch(service.url + document.links.content, { method, headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

function expectPart({ status, headers, bytes }: ContentAnswer, start: number, end: number): void {
  expect(status).toBe(206);
  expect(headers.get('content-range')).toBe(`bytes ${start}-${end}/${SIZE}`);
  expect(headers.get('content-length')).toBe(String(end - start + 1));
  expect(bytes.equals(BYTES.subarray(start, end + 1))).toBe(true);
}

function expectWhole({ status, headers, bytes }: ContentAnswer): void {
  expect(status).toBe(200);
  expect(headers.get('content-range')).toBeNull();
  expect(headers.get('content-length')).toBe(String(SIZE));
  expect(bytes.equals(BYTES)).toBe(true);
}

describe('GET /documents/:id/content', () => {
  it('says what state the content is in and that parts of it can be had', async () => {
    const { headers } = await ask();
    expect(headers.get('etag')).toBe(etag);
    expect(headers.get('last-modified')).toBe(lastModified);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=299999-', SIZE - 1, SIZE - 1],
    ['bytes=100000-', 100_000, SIZE - 1],
    ['bytes=-1000', SIZE - 1_000, SIZE - 1],
    ['bytes=-999999999', 0, SIZE - 1],
    ['bytes=0-999999999', 0, SIZE - 1],
  ])('gives the part %s', async (range, start, end) => {
    const answer = await ask({ range });
    expectPart(answer, start, end);
    expect(answer.headers.get('etag')).toBe(etag);
    expect(answer.headers.get('content-type')).toBe('text/csv');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['bytes=9-1', 'bytes=x', 'lines=1-2', 'bytes=0-1,5-6'])(
    'gives everything for the range %s',
    async (range) => {
      expectWhole(await ask({ range }));
    },
  );

  it.each(['bytes=300000-', 'bytes=-0'])('answers 416 to the range %s', async (range) => {
    const { status, headers, bytes } = await ask({ range });
    expect(headers.get('content-range')).toBe(`bytes */${SIZE}`);
    expectProblem(
      { status, headers, body: JSON.parse(bytes.toString()) as unknown },
      416,
      document.links.content,
    );
  });

  it('gives a part only of the state that If-Range names', async () => {
    const range = 'bytes=10-19';
    expectPart(await ask({ range, 'if-range': etag }), 10, 19);
    expectPart(await ask({ range, 'if-range': lastModified }), 10, 19);
    expectWhole(await ask({ range, 'if-range': '"another"' }));
    expectWhole(await ask({ range, 'if-range': `W/${etag}` }));
  });

  it('lets a download that broke off be resumed', async () => {
    const first = await ask({ range: 'bytes=0-123455' });
    const headers = { range: 'bytes=123456-', 'if-range': first.headers.get('etag') ?? '' };
    const rest = await ask(headers);
    const hash = createHash('sha256').update(first.bytes).update(rest.bytes).digest('hex');
    expect(hash).toBe(document.sha256);
  });

  it.each(['*', () => etag, () => `"other", W/${etag}`])(
    'answers 304 without a body when the client has the content (%#)',
    async (tags) => {
      const ifNoneMatch = typeof tags === 'string' ? tags : tags();
      const { status, headers, bytes } = await ask({ 'if-none-match': ifNoneMatch });
      expect({ status, length: bytes.length }).toEqual({ status: 304, length: 0 });
      expect(headers.get('etag')).toBe(etag);
      expect(headers.get('content-type')).toBeNull();
    },
  );

  it('answers 304 when the content has not changed since the client got it', async () => {
    expect((await ask({ 'if-modified-since': lastModified })).status).toBe(304);
    expectWhole(await ask({ 'if-modified-since': new Date(0).toUTCString() }));
    expectWhole(await ask({ 'if-modified-since': lastModified, 'if-none-match': '"other"' }));
  });

  it('answers 412 when the client means another state', async () => {
    const { content: path } = document.links;
    expectProblem(await client.json(path, { headers: { 'if-match': '"other"' } }), 412, path);
    const since = { 'if-unmodified-since': new Date(0).toUTCString() };
    expectProblem(await client.json(path, { headers: since }), 412, path);
    expectWhole(await ask({ 'if-match': etag }));
    expectWhole(await ask({ 'if-unmodified-since': lastModified }));
  });

  it('gives an empty content whole, and no part of it', async () => {
    const { body: empty } = await client.upload({ name: 'empty.txt', content: '' });
    const get = (range: string): Promise<Response> =>
      fetch(service.url + empty.links.content, { headers: { range } });
    expect((await get('bytes=-5')).status).toBe(200);
    const refused = await get('bytes=0-');
    expect([refused.status, refused.headers.get('content-range')]).toEqual([416, 'bytes */0']);
  });

  it('is no failure of the storage when the client breaks off', async () => {
    const { body: large } = await client.uploadStream('large.bin', new RandomContent(64 * MIB));
    const before = ended(await readMetrics(service.url), 'storage', 'transfer');
    const { length: written } = service.output;
    const cancel = new AbortController();
    const response = await fetch(service.url + large.links.content, { signal: cancel.signal });
    await response.body?.getReader().read();
    cancel.abort();
    await eventually(async () => {
      const after = ended(await readMetrics(service.url), 'storage', 'transfer');
      expect(after).toEqual({ ...before, cancelled: before.cancelled + 1 });
    });
    expect(service.output.slice(written)).not.toMatch(/ERROR|WARN/);
  });
});

describe('HEAD /documents/:id/content', () => {
  it('has the headers of a GET and no body, whatever the range', async () => {
    const get = await ask();
    for (const headers of [{}, { range: 'bytes=0-9' }, { range: 'bytes=300000-' }]) {
      const head = await ask(headers, 'HEAD');
      expect({ status: head.status, length: head.bytes.length }).toEqual({
        status: 200,
        length: 0,
      });
      expect(comparable(head.headers)).toEqual(comparable(get.headers));
    }
  });

  it('keeps to conditions as a GET does', async () => {
    expect((await ask({ 'if-none-match': etag }, 'HEAD')).status).toBe(304);
    expect((await ask({ 'if-match': '"other"' }, 'HEAD')).status).toBe(412);
  });
});

describe('while the storage is away', () => {
  it('what needs no bytes is still answered: HEAD, 304, 412, 416', async () => {
    await rename(service.storageDirectory, `${service.storageDirectory}.away`);
    try {
      expect((await ask()).status).toBe(503);
      expect((await ask({}, 'HEAD')).status).toBe(200);
      expect((await ask({ 'if-none-match': etag })).status).toBe(304);
      expect((await ask({ 'if-match': '"other"' })).status).toBe(412);
      expect((await ask({ range: 'bytes=300000-' })).status).toBe(416);
    } finally {
      await rename(`${service.storageDirectory}.away`, service.storageDirectory);
    }
  });
});

describe('GET /documents/:id', () => {
  it('carries a strong entity tag, and answers 304 and 412 by it', async () => {
    const path = document.links.self;
    const { headers, body } = await client.json<DocumentView>(path);
    const tag = headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    expect(body).toEqual(document);
    const known = await client.json(path, { headers: { 'if-none-match': `W/${tag}` } });
    expect([known.status, known.body, known.headers.get('etag')]).toEqual([304, undefined, tag]);
    expectProblem(await client.json(path, { headers: { 'if-match': '"other"' } }), 412, path);
    expect((await client.json(path, { headers: { 'if-match': tag } })).status).toBe(200);
    const head = await fetch(service.url + path, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, tag]);
  });
});

describe('DELETE /documents/:id', () => {
  it('deletes only the state that the client means', async () => {
    const { body } = await client.upload({ name: 'doomed.txt', content: 'doomed' });
    const path = body.links.self;
    const tag = (await client.json(path)).headers.get('etag') ?? '';
    const remove = (headers: Record<string, string>): Promise<Answer<unknown>> =>
      client.json(path, { method: 'DELETE', headers });
    expectProblem(await remove({ 'if-match': '"other"' }), 412, path);
    expectProblem(await remove({ 'if-none-match': tag }), 412, path);
    expect((await remove({ 'if-match': tag })).status).toBe(204);
    expectProblem(await remove({ 'if-match': tag }), 404, path);
  });
});

/** The headers apart from the time of the answer and from what is about the connection. */
function comparable(headers: Headers): Record<string, string> {
  const others = ['date', 'connection', 'keep-alive'];
  return Object.fromEntries([...headers].filter(([name]) => !others.includes(name)));
}
