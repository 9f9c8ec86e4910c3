import {
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { ErrorDetector } from '../../error-detector.js';

const detector = new ErrorDetector();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filesystem-errors-'));
  await writeFile(join(folder, 'file'), 'x');
  await mkdir(join(folder, 'full'));
  await writeFile(join(folder, 'full', 'file'), 'x');
  await symlink('circle', join(folder, 'circle'));
});

afterEach(() => rm(folder, { recursive: true }));

const refusesWrites = { kind: 'unavailable', retryable: false, partial: true };
const permanent = (reason: string) => ({ kind: 'permanent', reason });

describe('resilience rule 12: errors of real files', () => {
  it.each<[string, object, () => Promise<unknown>]>([
    ['ENOENT', permanent('not-found'), () => readFile(join(folder, 'nothing'))],
    ['EEXIST', permanent('conflict'), () => mkdir(join(folder, 'full'))],
    ['ENOTEMPTY', permanent('conflict'), () => rmdir(join(folder, 'full'))],
    ['ENOTDIR', permanent('configuration'), () => readFile(join(folder, 'file', 'x'))],
    ['EISDIR', permanent('configuration'), () => readFile(folder)],
    ['EXDEV', permanent('configuration'), () => rename(join(folder, 'file'), '/dev/shm/file')],
    ['ELOOP', permanent('validation'), () => readFile(join(folder, 'circle'))],
    ['ENAMETOOLONG', permanent('validation'), () => readFile(join(folder, 'x'.repeat(256)))],
    ['ENOSPC', refusesWrites, () => writeFile('/dev/full', 'x')],
    ['ENXIO', { kind: 'unavailable', retryable: false }, openPipeWithoutReader],
  ])('%s', async (code, expected, work) => {
    const error = await rejectionOf(work());
    expect(detector.detect(error)).toEqual({ ...expected, type: code });
  });

  async function openPipeWithoutReader(): Promise<unknown> {
    const { execFileSync } = await import('node:child_process');
    const { constants } = await import('node:fs');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    return open(join(folder, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK);
  }
});

describe('codes of files that cannot be provoked everywhere', () => {
  it.each([
    ['EDQUOT', refusesWrites],
    ['EROFS', refusesWrites],
    ['EIO', { kind: 'unavailable', retryable: false }],
    ['ENODEV', { kind: 'unavailable', retryable: false }],
    ['ESTALE', { kind: 'transient' }],
    ['EMFILE', { kind: 'transient' }],
    ['ENFILE', { kind: 'transient' }],
    ['EAGAIN', { kind: 'transient' }],
    ['EBUSY', { kind: 'transient' }],
    ['ENOMEM', { kind: 'transient' }],
    ['EACCES', permanent('auth')],
    ['EPERM', permanent('auth')],
    ['EFBIG', permanent('validation')],
  ])('resilience rule 12: %s', (code, expected) => {
    const error = Object.assign(new Error(code), { code, syscall: 'open' });
    expect(detector.detect(error)).toEqual({ ...expected, type: code });
  });
});
