/** One architecture under the names that the programs around azl give it. */
export interface Architecture {
  /** RPM's name, and that of `uname -m`. */
  readonly rpm: string;
  /** Node's `process.arch`. */
  readonly node: 'x64' | 'arm64';
  /** Debian's name, in package lists and package names. */
  readonly debian: string;
  /** The GNU triplet: in the paths of libraries, and with `-` for `_` in Debian's compiler packages. */
  readonly triplet: string;
  /** The value of RUNNER_ARCH on GitHub's runners. */
  readonly runner: string;
  /** UEFI's short name: `x64` in `EFI/BOOT/BOOTX64.EFI` and in `grub2-efi-x64`. */
  readonly efi: string;
  /** GRUB's target, as `grub-mkimage -O` takes it; also the folder of its modules. */
  readonly grubTarget: string;
  /** QEMU's program, the machine to give it, and the Debian package that holds it. */
  readonly qemu: { readonly program: string; readonly machine: string; readonly package: string };
  /** The kernel's name of the first serial port, on which a boot test and `make run` listen. */
  readonly serialConsole: string;
  /** AUDIT_ARCH_* of linux/audit.h, as a seccomp filter sees it. */
  readonly audit: number;
}

/**
 * All architectures, by RPM's name. A new one is a row here, a column of system call numbers in `sandbox/seccomp.ts`
 * and its library folder in `toolchain/convert/convert.py`.
 */
export const architectures = {
  x86_64: {
    rpm: 'x86_64',
    node: 'x64',
    debian: 'amd64',
    triplet: 'x86_64-linux-gnu',
    runner: 'X64',
    efi: 'x64',
    grubTarget: 'x86_64-efi',
    qemu: { program: 'qemu-system-x86_64', machine: 'q35', package: 'qemu-system-x86' },
    serialConsole: 'ttyS0',
    audit: 0xc000_003e,
  },
  aarch64: {
    rpm: 'aarch64',
    node: 'arm64',
    debian: 'arm64',
    triplet: 'aarch64-linux-gnu',
    runner: 'ARM64',
    efi: 'aa64',
    grubTarget: 'arm64-efi',
    qemu: { program: 'qemu-system-aarch64', machine: 'virt', package: 'qemu-system-arm' },
    serialConsole: 'ttyAMA0',
    audit: 0xc000_00b7,
  },
} as const satisfies Record<string, Architecture>;

/** Returns the architecture with Node's name `machine`; x86_64 for a machine that the table lacks. Pure. */
export function architectureOf(machine: string): Architecture {
  return Object.values(architectures).find(({ node }) => node === machine) ?? architectures.x86_64;
}

/** The architecture of this machine, for which it builds. */
export const hostArchitecture = architectureOf(process.arch);
