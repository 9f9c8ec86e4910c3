import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { SystemClock } from 'nestjs-mainstay/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import type { IncomingFile } from './incoming-file.js';
import {
  MalformedUploadError,
  NotMultipartError,
  UploadBrokenOffError,
  UploadTooLargeError,
} from './upload.errors.js';
import { UploadReceiver } from './upload.receiver.js';

const FILE = 'Content-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';
const FIELD = 'Content-Disposition: form-data; name="title"\r\n\r\n';
const clock = new SystemClock();
const TYPE = 'multipart/form-data; boundary=xyz';

function form(...parts: (string | Buffer)[]): Buffer {
  const framed = parts.flatMap((part) => [
    Buffer.from('--xyz\r\n'),
    Buffer.from(part),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...framed, Buffer.from('--xyz--\r\n')]);
}

function request(chunks: readonly Buffer[], headers: Record<string, string> = {}): IncomingMessage {
  const stream = Readable.from(chunks) as unknown as IncomingMessage;
  return Object.assign(stream, { headers: { 'content-type': TYPE, ...headers }, complete: true });
}

/** A request whose client goes away after what was sent. */
function brokenRequest(sent: Buffer): IncomingMessage {
  const stream = new PassThrough();
  stream.write(sent);
  void clock.yield().then(() => stream.destroy(new Error('aborted')));
  return Object.assign(stream as unknown as IncomingMessage, {
    headers: { 'content-type': TYPE },
    complete: false,
  });
}

async function collect(file: IncomingFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function receiver(maxBytes = 1_000_000): UploadReceiver {
  return new UploadReceiver({ maxBytes }, new FakeClock());
}

describe('UploadReceiver', () => {
  it('hands over name, type and bytes of the file, whatever fields surround it', async () => {
    const body = form(
      `${FIELD}before`,
      'Content-Disposition: form-data; name="file"; filename="я.txt"\r\nContent-Type: text/plain\r\n\r\nhello',
      `${FIELD}after`,
    );
    const got = await receiver().receive(request([body]), async (file) => ({
      name: file.name,
      type: file.contentType,
      text: (await collect(file)).toString(),
    }));
    expect(got).toEqual({ name: 'я.txt', type: 'text/plain', text: 'hello' });
  });

  it('gives identical bytes however the body is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        async (content, cut) => {
          const body = form(Buffer.concat([Buffer.from(FILE), content]));
          const chunks: Buffer[] = [];
          for (let at = 0; at < body.length; at += cut) chunks.push(body.subarray(at, at + cut));
          const got = await receiver().receive(request(chunks), collect);
          expect(got.equals(Buffer.from(content))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('takes an empty file', async () => {
    expect(await receiver().receive(request([form(FILE)]), collect)).toHaveLength(0);
  });

  it.each([
    ['application/json', 'another type'],
    ['multipart/form-data', 'no boundary'],
    ['nonsense', 'no media type'],
  ])('refuses %s: %s', async (type) => {
    const attempt = receiver().receive(request([], { 'content-type': type }), collect);
    await expect(attempt).rejects.toThrow(NotMultipartError);
  });

  it.each([
    ['no file', form(`${FIELD}text`)],
    ['no parts', Buffer.from('--xyz--\r\n')],
    ['two files', form(`${FILE}one`, `${FILE}two`)],
    ['no end', Buffer.from(`--xyz\r\n${FILE}hello`)],
    ['no closing delimiter after the file', Buffer.from(`--xyz\r\n${FILE}hello\r\n--xyz\r\n`)],
    ['garbage', Buffer.from('garbage')],
    ['nothing', Buffer.alloc(0)],
    ['too many parts', form(`${FILE}one`, ...Array.from({ length: 100 }, () => `${FIELD}x`))],
  ])('refuses a form with %s', async (_, body) => {
    const attempt = receiver().receive(request([body]), collect);
    await expect(attempt).rejects.toThrow(MalformedUploadError);
  });

  it('says that the upload broke off when the client goes away, to the reader of the content too', async () => {
    let seen: unknown;
    const attempt = receiver().receive(brokenRequest(Buffer.from(`--xyz\r\n${FILE}hel`)), (file) =>
      collect(file).catch((error: unknown) => {
        seen = error;
        throw new Error('the store wraps what its source threw');
      }),
    );
    await expect(attempt).rejects.toThrow(UploadBrokenOffError);
    expect(seen).toBeInstanceOf(UploadBrokenOffError);
  });

  it('takes a file of exactly the limit and refuses one byte more', async () => {
    const exact = await receiver(5).receive(request([form(`${FILE}12345`)]), collect);
    expect(exact).toHaveLength(5);
    const attempt = receiver(5).receive(request([form(`${FILE}123456`)]), collect);
    await expect(attempt).rejects.toThrow(UploadTooLargeError);
  });

  it('refuses a declared size over the limit before reading anything', async () => {
    const attempt = receiver(5).receive(
      request([form(`${FILE}1`)], { 'content-length': '2000000' }),
      () => Promise.reject(new Error('the store must not be asked')),
    );
    await expect(attempt).rejects.toThrow(UploadTooLargeError);
  });

  it('refuses fields that together are larger than what a form needs', async () => {
    const field = `${FIELD}${'x'.repeat(300_000)}`;
    const attempt = receiver().receive(
      request([form(field, field, field, field, `${FILE}1`)]),
      collect,
    );
    await expect(attempt).rejects.toThrow(UploadTooLargeError);
  });

  it('passes on what the store throws, and discards the rest of the request', async () => {
    const incoming = request([form(`${FILE}hello`), Buffer.alloc(100_000)]);
    const ended = new Promise((resolve) => incoming.once('end', resolve));
    const failure = new Error('disk full');
    await expect(receiver().receive(incoming, () => Promise.reject(failure))).rejects.toBe(failure);
    await ended;
  });

  it('reads the rest of a refused request for five seconds at most', async () => {
    const fakeClock = new FakeClock();
    const endless = new PassThrough();
    endless.write(form(`${FILE}123456`).subarray(0, -8));
    const incoming = Object.assign(endless as unknown as IncomingMessage, {
      headers: { 'content-type': TYPE },
      complete: false,
    });
    const attempt = new UploadReceiver({ maxBytes: 5 }, fakeClock).receive(incoming, collect);
    await expect(attempt).rejects.toThrow(UploadTooLargeError);
    expect(endless.destroyed).toBe(false);
    await fakeClock.advance(5_000);
    expect(endless.destroyed).toBe(true);
  });

  it('never holds more of a file than the reader has asked for', async () => {
    let produced = 0;
    const chunk = Buffer.alloc(65_536);
    function* body(): Generator<Buffer> {
      yield Buffer.from(`--xyz\r\n${FILE}`);
      for (; produced < 200; produced++) yield chunk;
      yield Buffer.from('\r\n--xyz--\r\n');
    }
    const incoming = Object.assign(Readable.from(body()) as unknown as IncomingMessage, {
      headers: { 'content-type': TYPE },
      complete: true,
    });
    await receiver(20_000_000).receive(incoming, async (file) => {
      let read = 0;
      for await (const part of file.content) {
        read += part.length;
        await clock.yield();
        expect(produced * chunk.length - read).toBeLessThan(40 * chunk.length);
      }
    });
    expect(produced).toBe(200);
  });
});
