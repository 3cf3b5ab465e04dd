import { access } from 'node:fs/promises';
import { hostArchitecture } from '../../base/architectures.ts';
import { problem } from '../../base/problems.ts';
import { shellWord } from '../../base/shell-word.ts';

/** UEFI firmware for QEMU: read-only code, and the template of its variables. */
export interface Firmware {
  code: string;
  vars: string;
}

/** Paths of OVMF without Secure Boot on Debian and Ubuntu: flash of 4 MiB, and of 2 MiB in older releases. */
const firmwares: readonly Firmware[] = ['_4M', ''].map((kind) => ({
  code: `/usr/share/OVMF/OVMF_CODE${kind}.fd`,
  vars: `/usr/share/OVMF/OVMF_VARS${kind}.fd`,
}));

/** The paths after OVMF is installed. */
export const defaultFirmware = firmwares[0] as Firmware;

/** Returns the host's OVMF. @throws ProblemsError that says how to install it */
export async function findFirmware(): Promise<Firmware> {
  for (const firmware of firmwares) {
    const found = await Promise.all([access(firmware.code), access(firmware.vars)]).catch(() => undefined);
    if (found !== undefined) return firmware;
  }
  throw problem('UEFI firmware for QEMU (OVMF) is not installed', { hint: 'Run: sudo apt-get install ovmf' });
}

const { qemu } = hostArchitecture;

/** The device of KVM. On many hosts it belongs to root and a group. */
export const kvmDevice = '/dev/kvm';

export const accelerations = ['kvm', 'tcg'] as const;
export type Acceleration = (typeof accelerations)[number];

export interface Machine extends Firmware {
  disk: string;
  diskFormat: 'raw' | 'qcow2';
  /** Default: virtio. */
  diskBus?: 'virtio' | 'sata';
  /** Every write goes to a temporary file that QEMU removes. */
  throwAway?: boolean;
  acceleration: Acceleration;
  /** QEMU's back end of each serial port (`file:x`, `mon:stdio`, `chardev:x`). */
  serial: readonly string[];
}

/** Returns the argv that boots a disk by UEFI, without network. Pure. */
export function qemuArguments(machine: Machine): string[] {
  const escaped = (path: string) => path.replaceAll(',', ',,');
  const disk = `if=none,id=disk,format=${machine.diskFormat},file=${escaped(machine.disk)}`;
  return [
    ...[qemu.program, '-machine', qemu.machine, ...accelerationArguments(machine.acceleration)],
    ...['-smp', '2', '-m', '1024'],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-nic', 'none', '-display', 'none'],
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${escaped(machine.code)}`],
    // The firmware's writes go to a temporary file that QEMU removes.
    ...['-drive', `if=pflash,format=raw,unit=1,snapshot=on,file=${escaped(machine.vars)}`],
    ...['-drive', `${disk}${machine.throwAway ? ',snapshot=on' : ''},cache=unsafe`],
    ...(machine.diskBus === 'sata'
      ? ['-device', 'ich9-ahci,id=ahci', '-device', 'ide-hd,bus=ahci.0,drive=disk']
      : ['-device', 'virtio-blk-pci,drive=disk']),
    ...['-device', 'virtio-rng-pci'],
    ...machine.serial.flatMap((port) => ['-serial', port]),
  ];
}

/** Returns QEMU's arguments for an accelerator. Pure. */
export function accelerationArguments(acceleration: Acceleration): string[] {
  return acceleration === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

/** QEMU's own filter of system calls: it starts no program and takes no other rights. */
export const confined = [
  ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
];

/** Returns the argv that boots an image in a terminal without changing it. Pure. */
export function terminalArguments(
  machine: Pick<Machine, 'disk' | 'diskFormat' | 'acceleration' | 'code' | 'vars'>,
): string[] {
  return [...qemuArguments({ ...machine, throwAway: true, serial: ['mon:stdio'] }), ...confined];
}

/** Returns a shell command that boots a raw image in the terminal without changing the image. Pure. */
export function startLine(raw: string, firmware: Firmware): string {
  const argv = terminalArguments({ ...firmware, disk: raw, diskFormat: 'raw', acceleration: 'tcg' });
  return argv.map(shellWord).join(' ');
}
