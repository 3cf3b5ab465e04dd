import { describe, expect, it } from 'vitest';
import { probed } from '../../../src/shared/image/boot-test/acceleration.ts';
import { qemuArguments, startLine } from '../../../src/shared/image/boot-test/qemu.ts';
import { judge, neverStarted, readReport } from '../../../src/shared/image/boot-test/verdict.ts';
import { failureLines } from '../../../src/shared/report/image-page.ts';

const base = { seconds: 20, acceleration: 'tcg', timedOut: false } as const;

describe('verdicts', () => {
  it('pass when systemd says running', () => {
    const report = readReport(['', 'state running', 'end\r']);
    expect(judge({ ...base, report })).toMatchObject({ passed: true, state: 'running', reason: '' });
  });

  it('name each failed unit with its last lines', () => {
    const report = readReport([
      'state degraded',
      'failed a.service',
      'log one',
      'log two  x',
      'failed b.mount',
      'end',
    ]);
    const verdict = judge({ ...base, report });
    expect(verdict).toMatchObject({ passed: false, reason: 'units a.service, b.mount failed' });
    expect(failureLines(verdict)).toEqual(['a.service failed:', '    one', '    two  x', 'b.mount failed:']);
  });

  it.each([
    ['a report that breaks off', ['state running'], {}, 'the machine stopped or restarted before it was up'],
    ['no word in time', [], { timedOut: true }, 'it did not come up within 20 seconds'],
    ['a panic', [], { deadBy: 'the kernel panicked (x)' }, 'the kernel panicked (x)'],
    ['another state', ['state maintenance', 'end'], {}, "the system is 'maintenance', not 'running'"],
  ])('fail with %s', (_name, lines, more, reason) => {
    expect(judge({ ...base, report: readReport(lines), ...more })).toMatchObject({ passed: false, reason });
  });
});

it('a machine that did not start gives the last lines of QEMU', () => {
  const { message } = neverStarted(
    1,
    'qemu-system-x86_64: cannot set up guest memory: Cannot allocate memory\n',
  );
  expect(message).toBe(
    'QEMU ended with 1 before the machine printed anything:\nqemu-system-x86_64: cannot set up guest memory: Cannot allocate memory',
  );
  expect(neverStarted(137, '').message).toBe('QEMU ended with 137 before the machine printed anything');
});

describe('a probe of KVM', () => {
  const ran = '[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)';
  it.each([
    ['a kernel that ran to its end', ran, 0, true],
    ['one that was stopped as soon as it did', ran, 124, true],
    ['a guest that hangs', '', 124, false],
    ['a guest that resets', 'Booting', 0, false],
    ['a device that cannot be opened, or no kernel', '', 1, undefined],
    ['a QEMU that died', '', 134, undefined],
  ])('that saw %s', (_what, console, code, works) => {
    expect(probed(console, code)).toBe(works);
  });
});

describe('qemuArguments', () => {
  const machine = {
    disk: '/a,b.qcow2',
    diskFormat: 'qcow2',
    code: '/c.fd',
    vars: '/v.fd',
    acceleration: 'tcg',
    serial: ['file:/s', 'stdio'],
  } as const;

  it('has no network, 1 GiB, UEFI, and a disk whose name may hold a comma', () => {
    const argv = qemuArguments(machine).join(' ');
    expect(argv).toContain('-nic none');
    expect(argv).toContain('-m 1024');
    expect(argv).toContain('-accel tcg,thread=multi -cpu max');
    expect(argv).toContain('if=pflash,format=raw,unit=0,readonly=on,file=/c.fd');
    expect(argv).toContain('if=none,id=disk,format=qcow2,file=/a,,b.qcow2,cache=unsafe');
    expect(argv).toContain('-serial file:/s -serial stdio');
  });

  it('can attach the disk by SATA and use KVM', () => {
    const argv = qemuArguments({ ...machine, diskBus: 'sata', acceleration: 'kvm' }).join(' ');
    expect(argv).toContain('-device ich9-ahci,id=ahci -device ide-hd,bus=ahci.0,drive=disk');
    expect(argv).toContain('-accel kvm -cpu host');
  });

  it('start line leaves the image as it is, and QEMU under its own filter', () => {
    const line = startLine("out/it's.raw", machine);
    expect(line).toContain("'if=none,id=disk,format=raw,file=out/it'\\''s.raw,snapshot=on,cache=unsafe'");
    expect(line).toContain('-serial mon:stdio');
    expect(line).toMatch(
      / -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny$/,
    );
  });
});
