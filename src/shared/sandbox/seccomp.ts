/**
 * What nothing in a sandbox may ask the kernel for: system calls that reach past namespaces and capabilities, whatever
 * the host's settings say, so that a build sees the same kernel on every host. Numbers: x86_64, aarch64.
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

/** Those that are refused for one value of an argument. */
const looked = { clone: [56, 220], unshare: [272, 97], ioctl: [16, 29] } as const;

/** Its flags lie in memory, where a filter cannot look: C libraries take `clone` when it is not there. */
const clone3 = 435;

const newUserNamespace = 0x1000_0000;
/** They type for the person at the terminal that `make shell` shares with the sandbox. */
const terminalInput = [0x5412, 0x541c];

const architectures = { x64: [0, 0xc000_003e], arm64: [1, 0xc000_00b7] } as const;

const errno = { EPERM: 1, ENOSYS: 38 };
/** Offsets in `struct seccomp_data`: arguments are 64 bits wide, of which the low half is looked at. */
const offset = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

/**
 * The seccomp filter of every sandbox, as bubblewrap takes it: classic BPF, eight bytes an instruction. Programs of
 * another architecture (32 bit, x32) get no system call at all. Pure.
 */
export function seccompFilter(machine: 'x64' | 'arm64'): Buffer {
  const [column, architecture] = architectures[machine];
  const load = (at: number) => instruction(0x20, at);
  /** Skips `otherwise` instructions unless the loaded word is `value` (or, `0x45`, has a bit of it). */
  const when = (value: number, otherwise: number, code = 0x15) => instruction(code, value, 0, otherwise);
  const answer = (error: number) => instruction(0x06, 0x0005_0000 | error);
  const refuseArgument = (number: number, index: number, value: number, code?: number) => [
    when(number, 4),
    load(offset.argument(index)),
    when(value, 1, code),
    answer(errno.EPERM),
    load(offset.number),
  ];
  return Buffer.concat([
    load(offset.architecture),
    instruction(0x15, architecture, 1, 0),
    answer(errno.ENOSYS),
    load(offset.number),
    // x32 says that it is x86_64 and sets this bit.
    ...(machine === 'x64' ? [instruction(0x35, 0x4000_0000, 0, 1), answer(errno.ENOSYS)] : []),
    ...Object.values(refused).flatMap((numbers) => [when(numbers[column], 1), answer(errno.EPERM)]),
    ...[when(clone3, 1), answer(errno.ENOSYS)],
    ...refuseArgument(looked.clone[column], 0, newUserNamespace, 0x45),
    ...refuseArgument(looked.unshare[column], 0, newUserNamespace, 0x45),
    ...terminalInput.flatMap((request) => refuseArgument(looked.ioctl[column], 1, request)),
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
