import { describe, expect, it } from 'vitest';
import { architectureOf, architectures, hostArchitecture } from '../../../src/shared/base/architectures.ts';

describe('the table of architectures', () => {
  it('has each row under the name that RPM gives it', () => {
    for (const [name, { rpm }] of Object.entries(architectures)) expect(rpm).toBe(name);
  });

  it('uses no name of any program for two architectures', () => {
    const rows = Object.values(architectures);
    for (const field of ['node', 'debian', 'triplet', 'runner', 'efi', 'grubTarget', 'audit'] as const)
      expect(new Set(rows.map((row) => row[field])).size, field).toBe(rows.length);
    expect(new Set(rows.map((row) => row.qemu.program)).size).toBe(rows.length);
  });

  it.each([
    ['x64', 'x86_64', 'amd64', 'qemu-system-x86_64', 'x86_64-efi', 0xc000_003e],
    ['arm64', 'aarch64', 'arm64', 'qemu-system-aarch64', 'arm64-efi', 0xc000_00b7],
  ])('is found by the name that Node gives it: %s', (node, rpm, debian, program, grubTarget, audit) => {
    expect(architectureOf(node)).toMatchObject({ node, rpm, debian, grubTarget, audit, qemu: { program } });
  });

  it('takes x86_64 for a machine that it lacks', () => {
    expect(architectureOf('riscv64')).toBe(architectures.x86_64);
  });

  it('knows the machine of this process', () => {
    expect(hostArchitecture).toBe(architectureOf(process.arch));
  });
});
