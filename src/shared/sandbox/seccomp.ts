import { readFileSync } from 'node:fs';
import type { Architecture } from '../base/architectures.ts';

/** The table of allowed system calls. */
const table = readFileSync(new URL('./system-calls.txt', import.meta.url), 'utf8');

/** System calls that are looked at more closely. Numbers: x86_64, aarch64. */
const examined = { clone: [56, 220], unshare: [272, 97], ioctl: [16, 29], socket: [41, 198] } as const;

/** Refused as unknown: C libraries then call `clone`. */
const clone3 = 435;

const newUserNamespace = 0x1000_0000;
/** TIOCSTI and TIOCLINUX: they could type into the terminal that `make shell` shares with the sandbox. */
const terminalInput = [0x5412, 0x541c];
/** UNIX, INET, INET6, NETLINK. Others reach past the network namespace (VSOCK) or into rarely used code of the kernel. */
const socketFamilies = [1, 2, 10, 16];

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
/** Offsets in `struct seccomp_data`. Arguments are 64 bits wide; the low half is compared. */
const offset = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

/** The allowed system calls of an architecture: their numbers by name. Pure. */
export function allowedCalls(node: Architecture['node']): ReadonlyMap<string, number> {
  const column = node === 'x64' ? 1 : 2;
  const rows = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.flatMap((line) => {
      const fields = line.split(/\s+/);
      return fields[column] === '-' ? [] : [[fields[0] as string, Number(fields[column])]];
    }),
  );
}

/**
 * Returns the seccomp filter of every sandbox in the form that bubblewrap takes: classic BPF, eight bytes an
 * instruction. A call that is not allowed fails with EPERM, one that is newer than the table with ENOSYS, as on an older
 * kernel: so a build sees the same kernel on every host. Programs of another architecture (32 bit, x32) can call
 * nothing. Pure.
 */
export function seccompFilter({ node, audit }: Architecture): Buffer {
  const column = node === 'x64' ? 0 : 1;
  const ranges = rangesOf([...allowedCalls(node).values()]);
  const newest = ranges.at(-1)?.last ?? 0;
  return Buffer.concat([
    load(offset.architecture),
    instruction(0x15, audit, 1, 0),
    fail(errno.ENOSYS),
    load(offset.number),
    // Also the calls of x32, which has the same AUDIT_ARCH as x86_64 and sets a high bit.
    ...[instruction(0x25, newest, 0, 1), fail(errno.ENOSYS)],
    ...[unless(clone3, 1), fail(errno.ENOSYS)],
    ...refuseArgument(examined.clone[column], 0, newUserNamespace, 0x45),
    ...refuseArgument(examined.unshare[column], 0, newUserNamespace, 0x45),
    ...terminalInput.flatMap((request) => refuseArgument(examined.ioctl[column], 1, request)),
    ...onlySocketFamilies(examined.socket[column]),
    // Ascending: the first range that ends at or after the number decides.
    ...ranges.flatMap(({ first, last }) => [
      instruction(0x25, last, 3, 0),
      instruction(0x35, first, 1, 0),
      fail(errno.EPERM),
      allow,
    ]),
    fail(errno.EPERM),
  ]);
}

/** Groups numbers into ranges without gaps, ascending. */
function rangesOf(numbers: readonly number[]): { first: number; last: number }[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

/** Refuses a call for one value of an argument (with code 0x45: for a bit). Other values are decided by what follows. */
function refuseArgument(number: number, index: number, value: number, code = 0x15): Buffer[] {
  return [
    unless(number, 4),
    load(offset.argument(index)),
    instruction(code, value, 0, 1),
    fail(errno.EPERM),
    load(offset.number),
  ];
}

function onlySocketFamilies(socket: number): Buffer[] {
  const last = socketFamilies.length;
  const families = socketFamilies.map((family, index) => instruction(0x15, family, last - index, 0));
  return [unless(socket, last + 3), load(offset.argument(0)), ...families, fail(errno.EAFNOSUPPORT), allow];
}

const load = (at: number) => instruction(0x20, at);
const fail = (error: number) => instruction(0x06, 0x0005_0000 | error);
const allow = instruction(0x06, 0x7fff_0000);

/** Skips `count` instructions unless the loaded word is `value`. */
function unless(value: number, count: number): Buffer {
  return instruction(0x15, value, 0, count);
}

function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
