import { describe, expect, it } from 'vitest';
import { causeLines, failedStage, lineLimits } from '../../../src/shared/builder/cause-lines.ts';

const stage = (name: string) => `Executing(%${name}): /bin/sh -e /var/tmp/rpm-tmp.x`;

describe('causeLines', () => {
  it('are such as other jobs take, however long those of the log are', () => {
    const long = `${'x'.repeat(5000)} error: y`;
    const lines = causeLines(`${stage('build')}\n${Array(5000).fill(long).join('\n')}`);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(lineLimits.lines);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(lineLimits.characters);
  });

  it.each<[string, string[], string[]]>([
    [
      "the compiler's first error, not rpm's last words",
      [
        ...[
          stage('prep'),
          'error: of an earlier stage',
          stage('build'),
          'gcc -c a.c',
          'a.c:3: error: no semicolon',
        ],
        ...['compilation terminated.', 'make: *** [a.o] Error 1', 'error: Bad exit status from x (%build)'],
      ],
      ['gcc -c a.c', 'a.c:3: error: no semicolon'],
    ],
    [
      "automake's report of the test, past its counts and make's folders",
      [
        ...[stage('check'), 'make[2]: Entering directory x', 'PASS: a', 'FAIL: b', 'PASS: c'],
        ...['# TOTAL: 3', '# FAIL:  1', '# ERROR: 0', 'FAIL: b', '=======', '', 'expected 1, got 2'],
      ],
      ['FAIL: b', '=======', '', 'expected 1, got 2'],
    ],
    [
      'a failed test of another suite',
      [stage('check'), 'ok 1', 'not ok 2 - sorts', '# ERROR: 0'],
      ['ok 1', 'not ok 2 - sorts'],
    ],
    ['a full disk', [stage('install'), 'cp: a: No space left on device'], ['No space left on device']],
    ['the last lines, when nothing tells', [stage('build'), 'one', 'two'], ['one', 'two']],
  ])('are %s', (_what, log, expected) => {
    const lines = causeLines(`${log.join('\n')}\n\n`).join('\n');
    for (const line of expected) expect(lines).toContain(line);
    for (const noise of ['earlier stage', 'Entering', '# ERROR']) expect(lines).not.toContain(noise);
  });

  it('are few, whatever the log', () => {
    expect(causeLines('x\n'.repeat(10_000)).length).toBeLessThanOrEqual(12);
    expect(causeLines('')).toEqual([]);
  });
});

it('failedStage is the last that began', () => {
  expect(failedStage([stage('prep'), stage('build'), 'x'].join('\n'))).toBe('%build');
  expect(failedStage('')).toBeUndefined();
});
