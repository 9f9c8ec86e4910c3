import { describe, expect, it } from 'vitest';
import { findNearNames } from './near-names.js';

const known = ['DATABASE_URL', 'CACHE_URL', 'CACHE_TTL', 'CACHE_MAX_ENTRIES', 'STORAGE_S3_KEY'];

describe('findNearNames', () => {
  it.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATBAASE_URL', 'DATABASE_URL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['DATA_BASE_URL', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['DATABASE-URL', 'DATABASE_URL'],
    ['CACHE_MAX_ENTRYS', 'CACHE_MAX_ENTRIES'],
    ['CAHCE_TTL', 'CACHE_TTL'],
    ['CACHE_TTLS', 'CACHE_TTL'],
  ])('takes %s for %s', (found, meant) => {
    expect(findNearNames([found], known)).toEqual([{ found, meant }]);
  });

  it.each([
    'CACHE_TAG',
    'CACHE_MIN_ENTRIES',
    'CACHE_SESSIONS_URL',
    'STORAGE_S4_KEY',
    'MONGO_URL',
    'PATH',
    'HOME',
    'URL',
    'PUBLIC_URL',
  ])('leaves %s alone', (name) => {
    expect(findNearNames([name], known)).toEqual([]);
  });

  it('looks for slips only in names of several words', () => {
    expect(findNearNames(['POST', 'COST', 'port'], ['PORT', 'HOST'])).toEqual([
      { found: 'port', meant: 'PORT' },
    ]);
  });

  it('never takes one known name for another', () => {
    expect(findNearNames(['CACHE_URL', 'CACHE_URI'], ['CACHE_URL', 'CACHE_URI'])).toEqual([]);
  });

  it('chooses the nearest of several', () => {
    const names = findNearNames(['CACHE_MAX_ENTRIE'], ['CACHE_MAX_ENTRY', 'CACHE_MAX_ENTRIES']);
    expect(names).toEqual([{ found: 'CACHE_MAX_ENTRIE', meant: 'CACHE_MAX_ENTRIES' }]);
  });
});
