import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketAccelerateConfigurationCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { describeOwnServers } from '../../../../../test/support/servers/describe-own-servers.js';
import { S3Server } from '../../../../../test/support/servers/s3-server.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';
import { detectS3Error } from './s3-errors.js';

const detector = new ErrorDetector();
const Bucket = `documents-${process.pid}`;
const closing: (() => unknown)[] = [];
let server: S3Server;
let s3: S3Client;

function clientOf(config: S3ClientConfig = {}): S3Client {
  const { endpoint, credentials } = server;
  const base = { region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
  const client = new S3Client({ ...base, endpoint, credentials, ...config });
  closing.push(() => client.destroy());
  return client;
}

beforeAll(async () => {
  server = await S3Server.start();
  s3 = clientOf();
  closing.length = 0;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'x' }));
});

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

afterAll(async () => {
  s3?.destroy();
  await server?.dispose();
});

async function detected(work: PromiseLike<unknown>): Promise<Classification> {
  return detector.detect(await rejectionOf(work));
}

const list = (client: S3Client): Promise<unknown> => client.send(new ListBucketsCommand({}));
const permanent = (reason: string, type: string) => ({ kind: 'permanent', reason, type });

describe('resilience rule 12: errors of a real S3 server', () => {
  const get = (extra: object): Promise<unknown> =>
    s3.send(new GetObjectCommand({ Bucket, Key: 'kept', ...extra }));
  const put = (extra: object): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'x', ...extra }));

  it.each<[string, string, () => Promise<unknown>]>([
    ['NoSuchKey', 'not-found', () => get({ Key: 'none' })],
    ['NotFound', 'not-found', () => s3.send(new HeadObjectCommand({ Bucket, Key: 'none' }))],
    ['NoSuchBucket', 'configuration', () => get({ Bucket: 'none-of-that-name' })],
    [
      'NoSuchUpload',
      'not-found',
      () => s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'kept', UploadId: 'none' })),
    ],
    ['PreconditionFailed', 'conflict', () => put({ IfNoneMatch: '*' })],
    ['PreconditionFailed', 'conflict', () => get({ IfMatch: '"other"' })],
    ['BucketNotEmpty', 'conflict', () => s3.send(new DeleteBucketCommand({ Bucket }))],
    [
      'InvalidBucketName',
      'configuration',
      () => s3.send(new CreateBucketCommand({ Bucket: 'A_B' })),
    ],
    [
      'InvalidLocationConstraint',
      'configuration',
      () => {
        const CreateBucketConfiguration = { LocationConstraint: 'mars' as 'EU' };
        return s3.send(new CreateBucketCommand({ Bucket: 'on-mars', CreateBucketConfiguration }));
      },
    ],
  ])('%s is %s', async (type, reason, work) => {
    expect(await detected(work())).toEqual(permanent(reason, type));
  });

  it('what has no code of its own is judged by its status', async () => {
    expect(await detected(get({ Range: 'bytes=100-200' }))).toEqual(
      permanent('validation', 'HTTP_416'),
    );
    const wrong = put({ ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(await detected(wrong)).toEqual(permanent('validation', 'HTTP_400'));
    const AccelerateConfiguration = { Status: 'Enabled' } as const;
    const other = new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration });
    expect(await detected(s3.send(other))).toMatchObject({ kind: 'permanent' });
  });

  it('InvalidAccessKeyId, SignatureDoesNotMatch and AccessDenied: who we are, and may not', async () => {
    const { accessKeyId, secretAccessKey } = server.credentials;
    const stranger = clientOf({ credentials: { accessKeyId: 'NOBODY', secretAccessKey } });
    expect(await detected(list(stranger))).toEqual(permanent('auth', 'InvalidAccessKeyId'));
    const liar = clientOf({ credentials: { accessKeyId, secretAccessKey: 'wrong' } });
    expect(await detected(list(liar))).toEqual(permanent('auth', 'SignatureDoesNotMatch'));
    const anonymous = clientOf({ signer: { sign: async (request) => request } });
    const reading = anonymous.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    expect(await detected(reading)).toEqual(permanent('auth', 'AccessDenied'));
    const looking = anonymous.send(new HeadObjectCommand({ Bucket, Key: 'kept' }));
    expect(await detected(looking)).toEqual(permanent('auth', 'HTTP_403'));
  });

  it('RequestTimeTooSkewed: the SDK learns the time from the answer, so that the next try works', async () => {
    const late = clientOf({ systemClockOffset: -7_200_000 });
    const type = 'RequestTimeTooSkewed';
    expect(await detected(list(late))).toEqual({ kind: 'transient', type });
    await expect(list(late)).resolves.toBeDefined();
  });

  it('CredentialsProviderError: it has none, and sent nothing', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const file of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      vi.stubEnv(file, '/nowhere/of-the-tests');
    }
    const { endpoint } = server;
    const nobody = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    closing.push(() => nobody.destroy());
    expect(await detected(list(nobody))).toEqual({
      ...permanent('auth', 'CredentialsProviderError'),
      notSent: true,
    });
    vi.unstubAllEnvs();
  });
});

describeOwnServers('resilience rule 12: a real S3 server in trouble', () => {
  it('QuotaExceeded: it takes no more, and still answers reads', async () => {
    const bucket = ['--quota-scope=user', '--uid=tests'];
    await server.admin('quota', 'set', ...bucket, '--max-size=1');
    await server.admin('quota', 'enable', ...bucket);
    const big = new PutObjectCommand({ Bucket, Key: 'big', Body: 'x'.repeat(100_000) });
    expect(await detected(s3.send(big))).toEqual({
      kind: 'unavailable',
      retryable: false,
      partial: true,
      type: 'QuotaExceeded',
    });
    await server.admin('quota', 'disable', ...bucket);
  });

  it('UserSuspended: the account may not any more', async () => {
    const keys = ['--access-key', 'AKOTHER', '--secret-key', 'secret'];
    await server.admin('user', 'create', '--uid=other', '--display-name=other', ...keys);
    await server.admin('user', 'suspend', '--uid=other');
    const credentials = { accessKeyId: 'AKOTHER', secretAccessKey: 'secret' };
    expect(await detected(list(clientOf({ credentials })))).toEqual(
      permanent('auth', 'UserSuspended'),
    );
  });

  it('a server that is frozen, and one that is dead', async () => {
    const patient = { requestTimeout: 100, throwOnRequestTimeout: true };
    server.stop();
    const frozen = list(clientOf({ requestHandler: patient }));
    expect(await detected(frozen)).toEqual({ kind: 'timeout', type: 'ETIMEDOUT' });
    await server.kill9();
    const refused = { kind: 'unavailable', notSent: true, type: 'ECONNREFUSED' };
    expect(await detected(list(clientOf()))).toEqual(refused);
    await server.restart();
  });
});

describe('resilience rule 12: what the AWS SDK makes of a connection', () => {
  it('a connection that is reset: the SDK names it TimeoutError, its code says more', async () => {
    const resetting = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    resetting.listen(0, '127.0.0.1');
    await once(resetting, 'listening');
    closing.push(() => resetting.close());
    const { port } = resetting.address() as { port: number };
    const error = await rejectionOf(list(clientOf({ endpoint: `http://127.0.0.1:${port}` })));
    expect(error).toMatchObject({ name: 'TimeoutError' });
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: 'ECONNRESET' });
  });

  it('a caller that gives up', async () => {
    const abortSignal = AbortSignal.abort();
    const given = s3.send(new ListBucketsCommand({}), { abortSignal });
    expect(await detected(given)).toEqual({ kind: 'cancelled', type: 'AbortError' });
  });

  it('nobody listens', async () => {
    const away = clientOf({ endpoint: `http://127.0.0.1:${await freePort()}` });
    expect(await detected(list(away))).toEqual({
      kind: 'unavailable',
      notSent: true,
      type: 'ECONNREFUSED',
    });
  });
});

describe('answers that the gateway does not give here, as an HTTP server gives them to the SDK', () => {
  async function answering(status: number, body: string, headers = {}): Promise<S3Client> {
    const fake: HttpServer = createServer((_, response) => {
      response.writeHead(status, headers).end(body);
    });
    fake.listen(0, '127.0.0.1');
    await once(fake, 'listening');
    closing.push(() => fake.close());
    const { port } = fake.address() as { port: number };
    return clientOf({ endpoint: `http://127.0.0.1:${port}` });
  }

  const xml = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;

  it.each([
    ['SlowDown', 503, { kind: 'throttled' }],
    ['TooManyRequests', 429, { kind: 'throttled' }],
    ['ServiceUnavailable', 503, { kind: 'unavailable' }],
    ['RequestTimeout', 400, { kind: 'timeout' }],
    ['InternalError', 500, { kind: 'transient' }],
    ['OperationAborted', 409, { kind: 'transient', partial: true }],
    ['ConditionalRequestConflict', 409, { kind: 'transient', partial: true }],
    ['ExpiredToken', 400, { kind: 'permanent', reason: 'auth' }],
    ['AuthorizationHeaderMalformed', 400, { kind: 'permanent', reason: 'configuration' }],
    ['InvalidObjectState', 403, { kind: 'permanent', reason: 'conflict' }],
    ['XMinioStorageFull', 507, { kind: 'unavailable', retryable: false, partial: true }],
  ])('resilience rule 12: %s', async (code, status, expected) => {
    const client = await answering(status, xml(code));
    expect(await detected(list(client))).toEqual({ ...expected, type: code });
  });

  it('resilience rule 12: Retry-After, in seconds, or in milliseconds as AWS gives it', async () => {
    const slow = await answering(503, xml('SlowDown'), { 'Retry-After': '7' });
    expect((await detected(list(slow))).retryAfterMs).toBe(7_000);
    const own = await answering(503, xml('SlowDown'), { 'x-amz-retry-after': '1500' });
    expect((await detected(list(own))).retryAfterMs).toBe(1_500);
  });

  it('resilience rule 12: an answer of something else in between, by its status', async () => {
    const proxy = await answering(502, '<html>Bad Gateway</html>');
    expect(await detected(list(proxy))).toEqual({ kind: 'unavailable', type: 'HTTP_502' });
  });
});

describe('S3 codes', () => {
  it('resilience rule 12: belong to answers of S3 alone', () => {
    const named = Object.assign(new Error('x'), { name: 'SlowDown' });
    expect(detectS3Error(named)).toBeUndefined();
    expect(detectS3Error({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } })).toBeUndefined();
  });
});
