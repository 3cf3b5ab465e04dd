import type { Architecture } from '../base/architectures.ts';

/**
 * The system calls that every sandbox refuses: they reach past namespaces and capabilities. They are refused whatever
 * the host allows, so that a build sees the same kernel on every host. Numbers: x86_64, aarch64.
 */
const refused: Readonly<Record<string, readonly [number, number]>> = {
  // Files of a bound folder's whole file system, by number instead of by name.
  open_by_handle_at: [304, 265],
  // The keys of whoever started us: no namespace parts keyrings.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Large surfaces of the kernel that no build needs.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
};

/** System calls that are refused for one value of an argument. Numbers: x86_64, aarch64. */
const refusedByArgument = { clone: [56, 220], unshare: [272, 97], ioctl: [16, 29] } as const;

/** Refused as unknown: a filter cannot read its flags, which lie in memory. C libraries then call `clone`. */
const clone3 = 435;

const newUserNamespace = 0x1000_0000;
/** TIOCSTI and TIOCLINUX: they could type into the terminal that `make shell` shares with the sandbox. */
const terminalInput = [0x5412, 0x541c];

const errno = { EPERM: 1, ENOSYS: 38 };
/** Offsets in `struct seccomp_data`. Arguments are 64 bits wide; the low half is compared. */
const offset = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

/**
 * Returns the seccomp filter of every sandbox in the form that bubblewrap takes: classic BPF, eight bytes an
 * instruction. Programs of another architecture (32 bit, x32) can call nothing. Pure.
 */
export function seccompFilter({ node, audit }: Architecture): Buffer {
  const column = node === 'x64' ? 0 : 1;
  const load = (at: number) => instruction(0x20, at);
  /** Skips `otherwise` instructions unless the loaded word is `value` or, with code 0x45, shares a bit with it. */
  const when = (value: number, otherwise: number, code = 0x15) => instruction(code, value, 0, otherwise);
  const fail = (error: number) => instruction(0x06, 0x0005_0000 | error);
  const refuseArgument = (number: number, index: number, value: number, code?: number) => [
    when(number, 4),
    load(offset.argument(index)),
    when(value, 1, code),
    fail(errno.EPERM),
    load(offset.number),
  ];
  return Buffer.concat([
    load(offset.architecture),
    instruction(0x15, audit, 1, 0),
    fail(errno.ENOSYS),
    load(offset.number),
    // x32 has the same AUDIT_ARCH as x86_64 and sets this bit.
    ...(node === 'x64' ? [instruction(0x35, 0x4000_0000, 0, 1), fail(errno.ENOSYS)] : []),
    ...Object.values(refused).flatMap((numbers) => [when(numbers[column], 1), fail(errno.EPERM)]),
    ...[when(clone3, 1), fail(errno.ENOSYS)],
    ...refuseArgument(refusedByArgument.clone[column], 0, newUserNamespace, 0x45),
    ...refuseArgument(refusedByArgument.unshare[column], 0, newUserNamespace, 0x45),
    ...terminalInput.flatMap((request) => refuseArgument(refusedByArgument.ioctl[column], 1, request)),
    instruction(0x06, 0x7fff_0000),
  ]);
}

function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
