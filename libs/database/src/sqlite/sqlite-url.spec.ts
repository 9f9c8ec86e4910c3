import { expect, it } from 'vitest';
import { parseSqliteUrl } from './sqlite-url.js';

it.each([
  ['sqlite:./data/app.sqlite', './data/app.sqlite'],
  ['sqlite:app.sqlite', 'app.sqlite'],
  ['sqlite:/var/lib/app.sqlite', '/var/lib/app.sqlite'],
  ['sqlite:///var/lib/app.sqlite', '/var/lib/app.sqlite'],
  ['sqlite::memory:', ':memory:'],
  ['sqlite:', undefined],
  ['sqlite:./data/', undefined],
  ['sqlite://host/app.sqlite', undefined],
  ['sqlite::memroy:', undefined],
  ['postgres://localhost/app', undefined],
])('%s names %s', (url, path) => {
  expect(parseSqliteUrl(url)).toBe(path);
});
