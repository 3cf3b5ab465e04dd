import { expect, it } from 'vitest';
import { watchIdleLog } from '../../../src/shared/github/idle-log.ts';

/** What is shown second by second, as `second: line`. `say` happens at its second, before anybody is asked. */
function shown(
  live: boolean,
  seconds: number,
  say: Record<number, ['said' | 'progress', string?]>,
): string[] {
  const idle = watchIdleLog(live, 0);
  const lines: string[] = [];
  for (let second = 0; second <= seconds; second++) {
    const [how, line] = say[second] ?? [];
    const now = second * 1000;
    if (how === 'said') idle.logged(now, line);
    if (how === 'progress' && idle.progress(now, line as string)) lines.push(`${second}: ${line}`);
    const due = idle.due(now);
    if (due !== undefined) lines.push(`${second}: ${due}`);
  }
  return lines;
}

it.each<[string, boolean, number, Parameters<typeof shown>[2], string[]]>([
  ['nothing was ever said', false, 100, {}, []],
  [
    'a step takes long',
    false,
    95,
    { 5: ['said', 'Installing'] },
    ['35: still: Installing (0:30)', '65: still: Installing (1:00)', '95: still: Installing (1:30)'],
  ],
  [
    'a warning in between',
    false,
    60,
    { 0: ['said', 'Installing'], 20: ['said'] },
    ['50: still: Installing (0:50)'],
  ],
  [
    'a step of several lines',
    false,
    30,
    { 0: ['said', 'a: failed\n    why'] },
    ['30: still: a: failed (0:30)'],
  ],
  [
    'work that tells each second',
    false,
    65,
    Object.fromEntries(Array.from({ length: 66 }, (_, n) => [n, ['progress', `at ${n}`]])),
    ['30: at 30', '60: at 60'],
  ],
  [
    'work that stops telling',
    false,
    45,
    { 0: ['said', 'Fetching'], 10: ['progress', '40 of 80'] },
    ['30: still: 40 of 80 (0:20)'],
  ],
  [
    'a live line of a silent step',
    true,
    4,
    { 0: ['said', 'Installing'] },
    ['2: Installing 0:02', '3: Installing 0:03', '4: Installing 0:04'],
  ],
  [
    'a live line that others draw',
    true,
    4,
    { 0: ['progress', 'a'], 1: ['progress', 'b'], 2: ['progress', 'c'] },
    ['0: a', '1: b', '2: c', '4: c 0:02'],
  ],
])('%s (live: %j)', (_name, live, seconds, say, lines) => {
  expect(shown(live, seconds, say)).toEqual(lines);
});
