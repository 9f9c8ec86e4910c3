import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type Answer, type DocumentView } from '../support/documents-client.js';
import { expectProblem } from '../support/problem.js';
import { ServiceProcess } from '../support/service-process.js';

interface Page {
  readonly documents: readonly DocumentView[];
  readonly nextCursor: string | null;
}

let service: ServiceProcess;
let client: DocumentsClient;

beforeAll(async () => {
  service = await ServiceProcess.start({ env: { DOCUMENTS_MAX_BYTES: '1MiB' } });
  client = new DocumentsClient(service.url);
});

afterAll(async () => {
  await service?.dispose();
});

async function uploadText(name: string, content = name): Promise<DocumentView> {
  const { status, body } = await client.upload({ name, type: 'text/plain', content });
  expect(status).toBe(201);
  return body;
}

describe('GET /documents/:id', () => {
  it('is answered from the database first and from the cache after', async () => {
    const uploaded = await uploadText('cached.txt');
    const first = await client.json(`/documents/${uploaded.id}`);
    const second = await client.json(`/documents/${uploaded.id}`);
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['miss', 'hit']);
    expect(first.body).toEqual(uploaded);
    expect(second.body).toEqual(uploaded);
  });

  it.each(['nonsense', '123', '%20', "1'; DROP TABLE documents; --"])(
    'refuses the id %j with 400',
    async (id) => {
      const path = `/documents/${encodeURIComponent(decodeURIComponent(id))}`;
      expectProblem(await client.json(path), 400, path);
    },
  );

  it('answers a broken escape in the path with 400', async () => {
    expectProblem(await client.json('/documents/%ff'), 400, '/documents/%ff');
  });

  it.each(['', '/content'])('answers 404 where there is no such document: %j', async (suffix) => {
    const path = `/documents/${randomUUID()}${suffix}`;
    expectProblem(await client.json(path), 404, path);
  });
});

describe('GET /documents', () => {
  it('gives every document once, newest first, page by page', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const ids: string[] = [];
    for (const name of names) ids.push((await uploadText(name)).id);
    const seen: string[] = [];
    for (let next: string | null = '/documents?limit=2'; next !== null;) {
      const page: Answer<Page> = await client.json<Page>(next);
      expect(page.status).toBe(200);
      expect(page.body.documents.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.documents.map(({ id }) => id));
      const { nextCursor } = page.body;
      next = nextCursor && `/documents?limit=2&cursor=${nextCursor}`;
    }
    expect(seen.slice(0, 5)).toEqual(ids.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('does not move when newer documents arrive between two pages', async () => {
    const ids = [await uploadText('a'), await uploadText('b')].map(({ id }) => id);
    const first = await client.json<Page>('/documents?limit=1');
    await uploadText('later');
    const second = await client.json<Page>(`/documents?limit=1&cursor=${first.body.nextCursor}`);
    expect([first, second].map(({ body }) => body.documents[0]?.id)).toEqual(ids.toReversed());
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1&limit=2',
    'cursor=x',
    'cursor=',
    'cursor=a&cursor=b',
  ])('refuses %s with 400', async (query) => {
    expectProblem(await client.json(`/documents?${query}`), 400, '/documents');
  });
});

describe('DELETE /documents/:id', () => {
  it('removes document, content and cached answer', async () => {
    const { id } = await uploadText('short-lived.txt');
    await client.json(`/documents/${id}`);
    const deleted = await client.json(`/documents/${id}`, { method: 'DELETE' });
    expect(deleted.status).toBe(204);
    expect((await client.json(`/documents/${id}`)).status).toBe(404);
    expect((await client.json(`/documents/${id}/content`)).status).toBe(404);
    const again = await client.json(`/documents/${id}`, { method: 'DELETE' });
    expectProblem(again, 404, `/documents/${id}`);
  });
});

describe('POST /documents', () => {
  it('gives the first document again when an upload is repeated under its Idempotency-Key', async () => {
    const file = { name: 'once.txt', type: 'text/plain', content: 'once' };
    const headers = { 'idempotency-key': randomUUID() };
    const first = await client.upload(file, headers);
    const second = await client.upload(file, headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  it('makes one document of simultaneous uploads under one Idempotency-Key', async () => {
    const file = { name: 'race.txt', type: 'text/plain', content: 'race' };
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => client.upload(file, headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('answers 409 when an Idempotency-Key was used for a different file', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await client.upload({ name: 'a.txt', type: 'text/plain', content: 'a' }, headers);
    const answer = await client.upload(
      { name: 'a.txt', type: 'text/plain', content: 'b' },
      headers,
    );
    expectProblem(answer, 409, '/documents');
  });

  it('refuses an Idempotency-Key that is none with 400', async () => {
    const file = { name: 'a.txt', content: 'a' };
    const answer = await client.upload(file, { 'idempotency-key': 'x'.repeat(256) });
    expectProblem(answer, 400, '/documents');
  });

  it.each([
    ['a body that is no form', 'hello', 'multipart/form-data; boundary=b'],
    [
      'a form without an end',
      '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx',
      'multipart/form-data; boundary=b',
    ],
    [
      'a form without a file',
      '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
    [
      'a file without a name',
      '--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\nx\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
    ['malformed JSON', '{"a":', 'application/json'],
  ])('refuses %s with 400', async (_, body, type) => {
    expectProblem(await client.post(body, type), 400, '/documents');
  });

  it.each([
    ['{}', 'application/json'],
    ['x', 'text/plain'],
    ['x', 'multipart/form-data'],
  ])('refuses %j as %s with 415', async (body, type) => {
    expectProblem(await client.post(body, type), 415, '/documents');
  });

  it('takes a file of DOCUMENTS_MAX_BYTES and refuses one byte more with 413', async () => {
    const exact = await client.upload({ name: 'exact', content: 'x'.repeat(1_048_576) });
    expect(exact.status).toBe(201);
    const over = await client.upload({ name: 'over', content: 'x'.repeat(1_048_577) });
    expectProblem(over, 413, '/documents');
    const declared = await client.upload({ name: 'declared', content: 'x'.repeat(3_000_000) });
    expectProblem(declared, 413, '/documents');
  });

  it('understands a filename* beside a filename', async () => {
    const body =
      '--b\r\nContent-Disposition: form-data; name="file"; filename="?.txt"; ' +
      "filename*=UTF-8''%D1%84.txt\r\n\r\nx\r\n--b--\r\n";
    const { body: document } = await client.post(body, 'multipart/form-data; boundary=b');
    expect(document).toMatchObject({ name: 'ф.txt', contentType: 'application/octet-stream' });
  });
});

describe('anything else', () => {
  it.each([
    ['GET', '/nothing/here'],
    ['PUT', '/documents'],
    ['GET', '/'],
  ])('%s %s is a problem with status 404', async (method, path) => {
    expectProblem(await client.json(path, { method }), 404, path);
  });
});
