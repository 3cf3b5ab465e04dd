import { expect, it } from 'vitest';
import { counted } from '../../../src/shared/base/counted.ts';

it.each([
  [0, '0 specs'],
  [1, '1 spec'],
  [2, '2 specs'],
])('%j is written %j', (count, text) => {
  expect(counted(count, 'spec')).toBe(text);
});
