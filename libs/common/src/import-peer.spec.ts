import { describe, expect, it } from 'vitest';
import { explainMissingPeer, importPeer } from './import-peer.js';

describe('importPeer', () => {
  it('gives the module of an installed package', async () => {
    const { EventEmitter } = await importPeer<typeof import('node:events')>(
      'node:events',
      'a test',
    );
    expect(new EventEmitter()).toBeInstanceOf(EventEmitter);
  });

  it('names the install command when the package is missing', async () => {
    const importing = importPeer('@absent/package.name', 'CACHE_URL=redis://…');
    await expect(importing).rejects.toMatchObject({
      code: 'MISSING_PEER',
      message: expect.stringContaining('npm install @absent/package.name') as string,
      context: { packageName: '@absent/package.name', neededBy: 'CACHE_URL=redis://…' },
    });
  });

  it('understands how Vite says it of an optional peer', async () => {
    const missing = new Error(
      'Could not resolve "@absent/peer/sub" imported by "nestjs-mainstay".',
    );
    await expect(explainMissingPeer(() => Promise.reject(missing), 'a test')).rejects.toMatchObject(
      { context: { packageName: '@absent/peer', neededBy: 'a test' } },
    );
  });

  it('gives one command for packages that belong together, whichever is found missing first', async () => {
    const together = ['one', '@absent/two', 'three'];
    const missing = new Error("Cannot find package '@absent/two' imported from here");
    await expect(
      explainMissingPeer(() => Promise.reject(missing), 'a test', together),
    ).rejects.toThrow(/npm install one @absent\/two three$/);
  });

  it('hands on the error of a package that is there and fails to load', async () => {
    const broken = `data:text/javascript,throw new RangeError('broken inside')`;
    await expect(importPeer(broken, 'a test')).rejects.toThrow('broken inside');
  });
});
