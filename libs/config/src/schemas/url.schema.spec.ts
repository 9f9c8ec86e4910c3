import { describe, expect, it } from 'vitest';
import { urlSchema } from './url.schema.js';

const protocols = ['memory:', 'redis:', 'redis-sentinel:', 'sqlite:', 'file:'];

describe('urlSchema', () => {
  it.each([
    'memory:',
    'redis://user:secret@host:6379/0',
    'redis-sentinel://h1:26379,h2:26379/0?name=mymaster',
    'sqlite::memory:',
    'sqlite:./data/database.sqlite',
    'file:./data/storage',
  ])('takes %s', (url) => {
    expect(urlSchema({ protocols }).validate(url)).toEqual({ value: url });
  });

  it.each(['', 'ftp://host', 'host:6379', 'redis', '//host', 'redis://a b', 42])(
    'refuses %j',
    (url) => {
      expect(urlSchema({ protocols }).validate(url).error).toBeDefined();
    },
  );

  it('says which schemes are understood', () => {
    const { error } = urlSchema({ protocols: ['memory:', 'redis:'] }).validate('ftp://host');
    expect(error?.message).toBe('"value" must be a URL that begins with memory:, redis:');
  });

  it('ignores the case of the scheme and the blanks around', () => {
    expect(urlSchema({ protocols }).validate(' REDIS://Host ').value).toBe('redis://Host');
  });

  it('has no default of its own', () => {
    expect(urlSchema({ protocols }).validate(undefined)).toEqual({ value: undefined });
  });

  it('has its embedded engine as default', () => {
    const schema = urlSchema({ protocols, embeddedDefault: 'memory:' });
    expect(schema.validate(undefined)).toEqual({ value: 'memory:' });
  });
});
