import { describe, expect, it } from 'vitest';
import { ProcessName } from './process-name.js';

describe('ProcessName', () => {
  it('tells applications in one process apart, all of which run', async () => {
    const [one, other] = [await ProcessName.own(), await ProcessName.own()];
    expect(one.text).not.toBe(other.text);
    expect(await one.isAlive(other.text)).toBe(true);
    expect(one.text.length).toBeLessThanOrEqual(128);
  });

  it('is not deceived by a later process with the same pid', async () => {
    const own = await ProcessName.own();
    const [boot, namespace, pid] = own.text.split('/');
    expect(await own.isAlive([boot, namespace, pid, 1, 'x'].join('/'))).toBe(false);
  });

  it.each(['', 'nonsense', 'a/b/c/d/e'])('cannot tell of %o', async (name) => {
    expect(await (await ProcessName.own()).isAlive(name)).toBeUndefined();
  });
});
