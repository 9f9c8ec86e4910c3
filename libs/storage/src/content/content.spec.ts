import { describe, expect, it } from 'vitest';
import { attachmentHeaders } from './attachment-headers.js';
import { contentTypeOf } from './content-type.js';

describe('storage rule 20: MIME by content, then by extension', () => {
  const byContent: Readonly<Record<string, string>> = {
    '89504e470d0a1a0a': 'image/png',
    ffd8ffe0: 'image/jpeg',
    '474946383961': 'image/gif',
    '524946460000000057454250': 'image/webp',
    '524946460000000057415645': 'audio/wav',
    '255044462d312e37': 'application/pdf',
    '4f67675300': 'application/ogg',
    '1f8b0808': 'application/gzip',
  };

  for (const [head, type] of Object.entries(byContent)) {
    it(`tells ${type} by its first bytes, whatever it is called`, () => {
      expect(contentTypeOf('evil.html', Buffer.from(head, 'hex'))).toBe(type);
    });
  }

  it('tells others by their extension, in any case', () => {
    expect(contentTypeOf('a/b.JSON', Buffer.from('{}'))).toBe('application/json');
    expect(contentTypeOf('a/b.html', Buffer.alloc(0))).toBe('text/html; charset=utf-8');
  });

  it('guesses nothing', () => {
    for (const key of ['a', 'a.unknown', 'a.constructor', 'json', 'a.json/b']) {
      expect(contentTypeOf(key, Buffer.from('data'))).toBeUndefined();
    }
  });
});

describe('storage rule 20: content of users is served as an attachment', () => {
  it('is saved, neither shown nor sniffed', () => {
    expect(attachmentHeaders({ key: 'a/page.html', contentType: 'text/html', length: 7 })).toEqual({
      'content-type': 'text/html',
      'content-length': '7',
      'content-disposition': `attachment; filename="page.html"; filename*=UTF-8''page.html`,
      'x-content-type-options': 'nosniff',
    });
    const unknown = attachmentHeaders({ key: 'a', length: 0 });
    expect(unknown['content-type']).toBe('application/octet-stream');
  });

  it('names any file without breaking the header', () => {
    const headers = attachmentHeaders({ key: 'x', length: 0 }, `a"b\\c\r\n%'(é).txt`);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="a_b_c___'(_).txt"; filename*=UTF-8''a%22b%5Cc%0D%0A%25%27%28%C3%A9%29.txt`,
    );
  });
});
