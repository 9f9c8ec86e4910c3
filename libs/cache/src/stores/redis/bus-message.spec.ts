import { describe, expect, it } from 'vitest';
import { parseMessage } from './bus-message.js';
import { RedisKeys } from './redis-keys.js';

const keys = new RedisKeys('shop:cache');
const lone = 'half \uD800 of a pair';

describe('cache rule 9: a message', () => {
  it.each([
    ['keys', [keys.entry('a:b'), keys.entry(lone)], { keys: ['a:b', lone] }],
    ['expired', [keys.entry('a')], { expired: ['a'] }],
    ['tags', [keys.tag('users'), keys.tag('\uFFFD')], { tags: ['users', '\uFFFD'] }],
    ['everything', {}, 'everything'],
  ])('names %s', (kind, names, what) => {
    const text = JSON.stringify([7, 'origin', kind, names]);
    expect(parseMessage(text, keys)).toEqual({ sequence: 7, origin: 'origin', what });
  });

  it.each([
    '',
    'garbage',
    '{}',
    '[]',
    '[7]',
    '["7","o","keys",[]]',
    '[7,"o","keys",[1]]',
    '[7,"o","?",[]]',
  ])('is not %s', (text) => {
    expect(parseMessage(text, keys)).toBeUndefined();
  });
});
