import { describe, expect, it } from 'vitest';
import { belongTogether, compare, MAX_KEPT, type Comparison } from './comparison.js';

async function* sorted(ids: Iterable<string>): AsyncGenerator<string> {
  yield* ids;
}

function compared(documents: Iterable<string>, contents: Iterable<string>): Promise<Comparison> {
  return compare(sorted(documents), sorted(contents), () => undefined);
}

describe('compare', () => {
  it.each([
    ['', '', 0, '', ''],
    ['abc', 'abc', 3, '', ''],
    ['abc', '', 0, 'abc', ''],
    ['', 'abc', 0, '', 'abc'],
    ['ace', 'bdf', 0, 'ace', 'bdf'],
    ['abd', 'bcd', 2, 'a', 'c'],
    ['bcz', 'abc', 2, 'z', 'a'],
  ])('%j with %j', async (documents, contents, matched, withoutContent, withoutDocument) => {
    expect(await compared(documents, contents)).toEqual({
      matched,
      withoutContent: { count: withoutContent.length, first: withoutContent.split('') },
      withoutDocument: { count: withoutDocument.length, first: withoutDocument.split('') },
    });
  });

  it('keeps no more ids than it may, and counts all', async () => {
    const many = Array.from({ length: MAX_KEPT + 5 }, (_, index) => String(index + 10_000));
    const { withoutContent } = await compared(many, []);
    expect(withoutContent.count).toBe(MAX_KEPT + 5);
    expect(withoutContent.first).toEqual(many.slice(0, MAX_KEPT));
  });

  it('ends when its step throws', async () => {
    const stop = (): never => {
      throw new Error('stop');
    };
    await expect(compare(sorted('abc'), sorted('abc'), stop)).rejects.toThrow('stop');
  });
});

describe('belongTogether', () => {
  it.each([
    ['', '', true],
    ['abc', 'abd', true],
    ['ab', 'a', true],
    ['abc', '', false],
    ['', 'a', false],
    ['abc', 'axyz', false],
    ['abc', 'xyz', false],
  ])('%j and %j: %j', async (documents, contents, expected) => {
    expect(belongTogether(await compared(documents, contents))).toBe(expected);
  });
});
