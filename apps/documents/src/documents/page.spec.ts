import { BadRequestException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { cursorAfter, readPageRequest } from './page.js';

const ID = '0198c0de-0000-7abc-8def-0123456789ab';

describe('readPageRequest', () => {
  it('starts at the newest with twenty documents when nothing is asked', () => {
    expect(readPageRequest(undefined, undefined)).toEqual({ limit: 20, after: undefined });
  });

  it('reads back the cursor that a page gave', () => {
    expect(readPageRequest('5', cursorAfter(ID))).toEqual({ limit: 5, after: ID });
  });

  it.each(['0', '101', '-1', '1.5', 'ten', '', '1e2', ' 5', ['5', '6']])(
    'refuses the limit %j',
    (limit) => {
      expect(() => readPageRequest(limit, undefined)).toThrow(BadRequestException);
    },
  );

  it.each(['', 'nonsense', ID, `${cursorAfter(ID)}A`, `${cursorAfter(ID)}=`, ['a', 'b']])(
    'refuses the cursor %j',
    (cursor) => {
      expect(() => readPageRequest(undefined, cursor)).toThrow(BadRequestException);
    },
  );
});
