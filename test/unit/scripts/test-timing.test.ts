import { describe, expect, it } from 'vitest';
import { timingLines } from '../../../scripts/test-timing.ts';

describe('the times at the end of a test run', () => {
  it('list each step in order, their sum, and the slowest files', () => {
    const steps = [
      { name: 'Types', seconds: 6 },
      { name: 'Tests: unit', seconds: 90 },
    ];
    const files = [
      { name: 'b.test.ts', seconds: 12 },
      { name: 'a.test.ts', seconds: 60 },
    ];
    expect(timingLines(steps, files)).toEqual([
      'Minutes by step:',
      '    0.1  Types',
      '    1.5  Tests: unit',
      '    1.6  all',
      'Slowest test files, in minutes:',
      '    1.0  a.test.ts',
      '    0.2  b.test.ts',
    ]);
  });

  it('list ten files at most', () => {
    const files = Array.from({ length: 12 }, (_, at) => ({ name: `${at}`, seconds: at }));
    const lines = timingLines([{ name: 'Types', seconds: 6 }], files);
    expect(lines.slice(-10)[0]).toMatch(/ 11$/);
    expect(lines).toHaveLength(14);
  });

  it('are absent where nothing ran', () => {
    expect(timingLines([], [])).toEqual([]);
  });
});
