import { describe, expect, it } from 'vitest';
import { readFileHeaders } from './part-headers.js';

/** A header value as the parser gives it: each byte a character. */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function nameOf(disposition: string): string | undefined {
  return readFileHeaders({ 'content-disposition': [bytes(disposition)] })?.name;
}

describe('readFileHeaders', () => {
  it.each([
    ['plain', 'form-data; name="file"; filename="report.txt"', 'report.txt'],
    ['Cyrillic', 'form-data; name="file"; filename="отчёт за май.txt"', 'отчёт за май.txt'],
    ['emoji', 'form-data; name="file"; filename="🎉👩‍💻.bin"', '🎉👩‍💻.bin'],
    ['a semicolon in quotes', 'form-data; name="file"; filename="a;b=c.txt"', 'a;b=c.txt'],
    ['quotes as browsers send them', 'form-data; name="file"; filename="a%22b.txt"', 'a"b.txt'],
    ['quotes with a backslash', 'form-data; name="file"; filename="a\\"b.txt"', 'a"b.txt'],
    ['no quotes', 'form-data; name=file; filename=report.txt', 'report.txt'],
    ['filename* alone', 'form-data; name="file"; filename*=UTF-8\'\'%D1%84.txt', 'ф.txt'],
    [
      'filename* beside filename',
      'form-data; name="file"; filename="?.txt"; filename*=UTF-8\'\'%D1%84.txt',
      'ф.txt',
    ],
    ['filename* in Latin-1', 'form-data; name="file"; filename*=ISO-8859-1\'de\'%FC.txt', 'ü.txt'],
    [
      'a filename* that cannot be decoded',
      'form-data; name="f"; filename="a.txt"; filename*=UTF-8\'\'%D1',
      'a.txt',
    ],
    ['directories of the client', 'form-data; name="file"; filename="../../etc/passwd"', 'passwd'],
    ['an empty name', 'form-data; name="file"; filename=""', ''],
  ])('reads a name: %s', (_, disposition, expected) => {
    expect(nameOf(disposition)).toBe(expected);
  });

  it('reads a Latin-1 name as such when it is no UTF-8', () => {
    const disposition = 'form-data; name="file"; filename="M\xfcnchen.txt"';
    expect(readFileHeaders({ 'content-disposition': [disposition] })?.name).toBe('München.txt');
  });

  it.each([
    ['a field', 'form-data; name="title"'],
    ['another disposition', 'attachment; filename="a.txt"'],
    ['a disposition that cannot be read', ''],
  ])('does not take %s for a file', (_, disposition) => {
    expect(nameOf(disposition)).toBeUndefined();
  });

  it.each([
    ['image/PNG', 'image/png'],
    ['text/plain; charset=UTF-8', 'text/plain;charset=UTF-8'],
    ['not a type', 'application/octet-stream'],
    ['text/plain\r\nSet-Cookie: a=b', 'application/octet-stream'],
    [undefined, 'application/octet-stream'],
  ])('reads the content type %s as %s', (type, expected) => {
    const headers = {
      'content-disposition': ['form-data; name="file"; filename="a"'],
      'content-type': type === undefined ? undefined : [type],
    };
    expect(readFileHeaders(headers)?.contentType).toBe(expected);
  });
});
