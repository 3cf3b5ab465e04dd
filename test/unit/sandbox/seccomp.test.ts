import { describe, expect, it } from 'vitest';
import { architectureOf } from '../../../src/shared/base/architectures.ts';
import { allowedCalls, seccompFilter } from '../../../src/shared/sandbox/seccomp.ts';
import { runFilter } from '../../support/run-filter.ts';

const architectures = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const i386 = 0x4000_0003;

describe.each(['x64', 'arm64'] as const)('the seccomp filter on %s', (machine) => {
  const program = seccompFilter(architectureOf(machine));
  const ask = (number: number, ...args: bigint[]) =>
    runFilter(program, { architecture: architectures[machine], number, arguments: args });
  const pick = (x64: number, arm64: number) => (machine === 'x64' ? x64 : arm64);

  it.each<[string, number, bigint[], string | number]>([
    ['read', pick(0, 63), [], 'allowed'],
    ['execve', pick(59, 221), [], 'allowed'],
    ['open_by_handle_at', pick(304, 265), [], 1],
    ['add_key', pick(248, 217), [], 1],
    ['request_key', pick(249, 218), [], 1],
    ['keyctl', pick(250, 219), [], 1],
    ['bpf', pick(321, 280), [], 1],
    ['perf_event_open', pick(298, 241), [], 1],
    ['userfaultfd', pick(323, 282), [], 1],
    ['io_uring_setup', 425, [], 1],
    ['clone3', 435, [], 38],
    ['clone for a thread', pick(56, 220), [0x3d0f00n], 'allowed'],
    ['clone with a user namespace', pick(56, 220), [0x1000_0011n], 1],
    ['unshare of mounts', pick(272, 97), [0x20000n], 'allowed'],
    ['unshare of users', pick(272, 97), [0x1002_0000n], 1],
    ['ioctl TCGETS', pick(16, 29), [1n, 0x5401n], 'allowed'],
    ['ioctl TIOCSTI', pick(16, 29), [1n, 0x5412n], 1],
    ['ioctl TIOCSTI with bits that the kernel drops', pick(16, 29), [1n, 0x1_0000_5412n], 1],
    ['ioctl TIOCLINUX', pick(16, 29), [1n, 0x541cn], 1],
    ['mount', pick(165, 40), [], 1],
    ['setns', pick(308, 268), [], 1],
    ['init_module', pick(175, 105), [], 1],
    ['clock_settime', pick(227, 112), [], 1],
    ['chroot, of rpm', pick(161, 51), [], 'allowed'],
    ['socket(AF_UNIX)', pick(41, 198), [1n], 'allowed'],
    ['socket(AF_INET)', pick(41, 198), [2n], 'allowed'],
    ['socket(AF_INET6)', pick(41, 198), [10n], 'allowed'],
    ['socket(AF_NETLINK)', pick(41, 198), [16n], 'allowed'],
    ['socket(AF_UNSPEC)', pick(41, 198), [0n], 97],
    ['socket(AF_PACKET)', pick(41, 198), [17n], 97],
    ['socket(AF_ALG)', pick(41, 198), [38n], 97],
    ['socket(AF_VSOCK)', pick(41, 198), [40n], 97],
    ['socket of a family with bits that the kernel drops', pick(41, 198), [0x1_0000_0028n], 97],
    ['a call that is newer than the table', 470, [], 38],
    ['no call at all', 0xffff_ffff, [], 38],
  ])('%s', (_name, number, args, expected) => expect(ask(number, ...args)).toBe(expected));

  it('allows what the table lists, and nothing else', () => {
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    const allowed = numbers.filter((number) => ask(number, 1n) === 'allowed');
    expect(allowed).toEqual([...allowedCalls(machine).values()].sort((a, b) => a - b));
  });

  it('has no surprise among the calls that it refuses', () => {
    const allowed = new Set(allowedCalls(machine).values());
    const refused = Array.from({ length: 470 }, (_, number) => number).filter((one) => !allowed.has(one));
    const ranges: string[] = [];
    for (const [index, number] of refused.entries())
      if (refused[index - 1] === number - 1) ranges.push(`${ranges.pop()?.split('-')[0]}-${number}`);
      else ranges.push(String(number));
    expect(ranges.join(' ')).toMatchSnapshot();
  });

  it('knows no other architecture', () => {
    expect(runFilter(program, { architecture: i386, number: 3 })).toBe(38);
    if (machine === 'x64') expect(ask(0x4000_0000)).toBe(38);
  });
});
