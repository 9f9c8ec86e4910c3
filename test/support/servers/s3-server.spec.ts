import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rejectionOf } from '../rejection-of.js';
import { describeOwnServers } from './describe-own-servers.js';
import { S3Server } from './s3-server.js';

let server: S3Server;
let client: S3Client;

describeOwnServers('an S3Server of the test itself', () => {
  beforeAll(async () => {
    server = await S3Server.start();
    const { endpoint, credentials } = server;
    const region = 'us-east-1';
    client = new S3Client({ endpoint, credentials, region, forcePathStyle: true, maxAttempts: 1 });
    await client.send(new CreateBucketCommand({ Bucket: 'documents' }));
  });

  afterAll(async () => {
    client?.destroy();
    await server?.dispose();
  });

  const put = (Key: string, IfNoneMatch?: '*'): Promise<unknown> =>
    client.send(new PutObjectCommand({ Bucket: 'documents', Key, Body: 'x', IfNoneMatch }));
  const get = (Key: string): Promise<unknown> =>
    client.send(new GetObjectCommand({ Bucket: 'documents', Key }));

  it('lets exactly one of many create an object', async () => {
    const racers = await Promise.allSettled(Array.from({ length: 10 }, () => put('raced', '*')));
    expect(racers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('comes back on its port with what was stored, after it was killed', async () => {
    await put('kept');
    await server.kill9();
    // Not by the client, whose open connection may be found broken first.
    expect(await rejectionOf(fetch(server.endpoint))).toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
    await server.restart();
    await expect(get('kept')).resolves.toBeDefined();
  });

  it('answers nothing while it is stopped, and what was asked once it goes on', async () => {
    server.stop();
    const answer = put('late').then(() => 'answered');
    expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing');
    server.resume();
    expect(await answer).toBe('answered');
  });

  it('leaves no listener when it is disposed of while stopped, and can be disposed of twice', async () => {
    server.stop();
    await server.dispose();
    expect(await rejectionOf(fetch(server.endpoint))).toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
    await expect(server.dispose()).resolves.toBeUndefined();
  });
});
