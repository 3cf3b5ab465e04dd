import { expect, it } from 'vitest';
import { enterGroup, parseOpened, parseUsage } from '../../../src/shared/sandbox/control-group.ts';

it.each([
  ['/sys/fs/cgroup/azl\n', { groups: { folder: '/sys/fs/cgroup/azl', holds: 'all' } }],
  [
    'processes: /sys/fs/cgroup/pids/azl\nno: it is version 1\n',
    { groups: { folder: '/sys/fs/cgroup/pids/azl', holds: 'processes' }, reason: 'it is version 1' },
  ],
  [
    "no: the controller 'memory' is not in version 2\n",
    { reason: "the controller 'memory' is not in version 2" },
  ],
  ['', { reason: 'the probe is mute' }],
])('the probe that prints %j means %j', (text, bounds) => {
  expect(parseOpened(text)).toEqual(bounds);
});

it.each([
  ['nothing was reached', 'oom_kill 0\n', 'max 0\n', undefined],
  ['the kernel ended it for memory', 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n', 'max 0\n', 'memory'],
  ['the kernel ended all of it', 'oom_kill 0\noom_group_kill 1\n', 'max 0\n', 'memory'],
  ['it was refused a process', 'oom_kill 0\n', 'max 3\n', 'processes'],
  ['an old kernel says nothing', '', '', undefined],
])('%s', (_name, memoryEvents, pidsEvents, reached) => {
  const usage = parseUsage('4096\n', '3\n', memoryEvents, pidsEvents);
  expect(usage).toEqual({ memory: 4096, processes: 3, reached });
});

it('a group gets whole numbers, and no limit where there is none', () => {
  const limits = (memory: number, holds: 'all' | 'processes' = 'all') =>
    enterGroup({ folder: '/g', holds }, { memory, processes: 5 }, ['true']).slice(-5);
  expect(limits(1.5)).toEqual(['enter', '/g', '1', '5', 'true']);
  expect(limits(Number.POSITIVE_INFINITY)).toEqual(['enter', '/g', 'max', '5', 'true']);
  expect(limits(1.5, 'processes')).toEqual(['enter', '/g', '-', '5', 'true']);
});
