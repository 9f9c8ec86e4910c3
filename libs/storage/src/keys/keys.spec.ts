import { describe, expect, it } from 'vitest';
import { compareKeys } from './key-order.js';
import { KeyPrefix } from './key-prefix.js';
import { fromCursor, toCursor } from './list-cursor.js';
import { ObjectKey } from './object-key.js';

describe('storage rule 1: one key grammar for all disks', () => {
  const refused: Readonly<Record<string, string>> = {
    '': 'empty segment',
    '/a': 'begins or ends with "/"',
    'a/': 'begins or ends with "/"',
    'a//b': 'empty segment',
    '.': 'segment "."',
    'a/./b': 'segment "."',
    '../a': 'segment ".."',
    'a/..': 'segment ".."',
    'a\\b': 'backslash',
    'a\0b': 'control character',
    'a\nb': 'control character',
    'a\u0085b': 'control character',
    'a\u202eb': 'direction of text',
    'a\u2067b': 'direction of text',
    'a\ud800b': 'surrogate',
    'e\u0301': 'NFC',
    '.mainstay': 'reserved',
    'a/.mainstay-x': 'reserved',
    ['x'.repeat(256)]: 'segment longer than 255 bytes',
    ['é'.repeat(128)]: 'segment longer than 255 bytes',
    [`${'a/'.repeat(512)}a`]: 'longer than 1024 bytes',
    [`${'é/'.repeat(341)}éé`]: 'longer than 1024 bytes',
  };

  for (const [key, reason] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(key).slice(0, 30)}: ${reason}`, () => {
      expect(() => ObjectKey.parse(key)).toThrow(
        expect.objectContaining({
          code: 'STORAGE_INVALID_KEY',
          reason: expect.stringContaining(reason) as string,
          key,
        }) as Error,
      );
    });
  }

  it('refuses what is no string', () => {
    expect(() => ObjectKey.parse(undefined as never)).toThrow(/no string/);
    expect(() => KeyPrefix.parse(7 as never)).toThrow(/no string/);
  });

  it('takes letters of any script, spaces, dotfiles and the longest keys, and rewrites nothing', () => {
    const keys = ['.env', 'a b/c', '...', 'Ж/日本語/🎉', 'x'.repeat(255), `${'a/'.repeat(511)}ab`];
    for (const key of keys) {
      expect(ObjectKey.parse(key).value).toBe(key);
      expect(ObjectKey.parse(key).segments.join('/')).toBe(key);
    }
  });

  it('checks prefixes the same way, but for their last, unfinished name', () => {
    expect(KeyPrefix.parse('a/b/.')).toMatchObject({ folders: ['a', 'b'], partial: '.' });
    expect(KeyPrefix.parse('')).toMatchObject({ folders: [], partial: '' });
    for (const prefix of ['/a', '../', 'a//', '.mainstay/', 'a\0']) {
      expect(() => KeyPrefix.parse(prefix)).toThrow(
        expect.objectContaining({ code: 'STORAGE_INVALID_KEY' }) as Error,
      );
    }
  });
});

describe('storage rule 19: order and cursors', () => {
  it('orders keys as their UTF-8 bytes are ordered', () => {
    const keys = ['a', 'a/b', 'a-b', 'é', '\uffee', '𐀀', '😀', 'ab', ''];
    const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(keys.toSorted(compareKeys)).toEqual(byBytes);
  });

  it('gives back the key of a cursor, and refuses what is none', () => {
    expect(fromCursor(toCursor('a/ü'))).toBe('a/ü');
    expect(() => fromCursor('a/ü')).toThrow(
      expect.objectContaining({ code: 'STORAGE_INVALID_KEY' }) as Error,
    );
  });
});
