import { describe, expect, it } from 'vitest';
import { CounterCell } from './cells.js';

describe('CounterCell', () => {
  it('adds up', () => {
    const cell = new CounterCell();
    cell.increment();
    cell.increment(2.5);
    expect(cell.value).toBe(3.5);
  });
});
