import { describe, expect, it } from 'vitest';
import { formatHttpDate } from './http-date.js';
import {
  evaluatePreconditions,
  namesEntityTags,
  type ConditionalHeaders,
} from './preconditions.js';

const NOW = Date.UTC(2026, 10, 28);
const CHANGED = Date.UTC(2026, 10, 20);
const BEFORE = formatHttpDate(CHANGED - 1_000);
const SAME = formatHttpDate(CHANGED);
const STATE = { etag: '"now"', lastModified: CHANGED };

function verdict(headers: ConditionalHeaders): string {
  return evaluatePreconditions(headers, STATE, NOW);
}

describe('evaluatePreconditions', () => {
  it('proceeds without conditions', () => {
    expect(verdict({})).toBe('proceed');
  });

  it.each([
    ['"now"', 'proceed'],
    ['"old", "now"', 'proceed'],
    ['*', 'proceed'],
    ['"old"', 'failed'],
    ['W/"now"', 'failed'],
    ['now', 'failed'],
  ])('If-Match: %s → %s', (ifMatch, expected) => {
    expect(verdict({ 'if-match': ifMatch })).toBe(expected);
  });

  it.each([
    ['"now"', 'not-modified'],
    ['W/"now"', 'not-modified'],
    ['"old", W/"now"', 'not-modified'],
    ['*', 'not-modified'],
    ['"old"', 'proceed'],
    ['now', 'proceed'],
  ])('If-None-Match: %s → %s', (ifNoneMatch, expected) => {
    expect(verdict({ 'if-none-match': ifNoneMatch })).toBe(expected);
  });

  it.each([
    [BEFORE, 'failed'],
    [SAME, 'proceed'],
    ['yesterday', 'proceed'],
  ])('If-Unmodified-Since: %s → %s', (since, expected) => {
    expect(verdict({ 'if-unmodified-since': since })).toBe(expected);
  });

  it.each([
    [BEFORE, 'proceed'],
    [SAME, 'not-modified'],
    ['yesterday', 'proceed'],
  ])('If-Modified-Since: %s → %s', (since, expected) => {
    expect(verdict({ 'if-modified-since': since })).toBe(expected);
  });

  it('looks at entity tags rather than dates', () => {
    expect(verdict({ 'if-match': '"now"', 'if-unmodified-since': BEFORE })).toBe('proceed');
    expect(verdict({ 'if-none-match': '"old"', 'if-modified-since': SAME })).toBe('proceed');
  });

  it('answers 412 rather than 304', () => {
    expect(verdict({ 'if-match': '"old"', 'if-none-match': '"now"' })).toBe('failed');
    expect(verdict({ 'if-match': '"now"', 'if-none-match': '"now"' })).toBe('not-modified');
  });

  it('ignores dates where there is none to compare with', () => {
    const headers = { 'if-modified-since': SAME, 'if-unmodified-since': BEFORE };
    expect(evaluatePreconditions(headers, { etag: '"now"' }, NOW)).toBe('proceed');
  });
});

describe('namesEntityTags', () => {
  it('is true of a request that names entity tags', () => {
    expect(namesEntityTags({ 'if-match': '*' })).toBe(true);
    expect(namesEntityTags({ 'if-none-match': '"a"' })).toBe(true);
    expect(namesEntityTags({})).toBe(false);
  });
});
