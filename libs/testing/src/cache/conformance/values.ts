/** What a store gives back as it was written. */
export const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ['0', 0],
  ['an empty string', ''],
  ['false', false],
  ['null', null],
  ['a BigInt', 12345678901234567890n],
  ['a Date', new Date('2026-02-03T04:05:06.789Z')],
  [
    'a Map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, { b: new Date(0) }],
    ]),
  ],
  ['a Set', new Set(['a', 2, null])],
  ['a Buffer', Buffer.from([0, 1, 254, 255])],
  ['an object', { a: { b: [1, 'two', null, undefined] }, '': 'empty name' }],
];
