import { describe, expect, it } from 'vitest';
import { findingLine, findingsOf, type HostFacts, type Kvm } from '../../../cli/src/doctor/findings.ts';
import { kvmAccess } from '../../../cli/src/doctor/kvm.ts';

const gib = 1024 ** 3;
const fine: HostFacts = {
  node: 'v20.11.0',
  user: 'somebody',
  privilege: 'sudo',
  system: {
    platform: 'linux',
    machine: 'x64',
    kernel: '6.12.0',
    release: { ID: 'debian', VERSION_ID: '13', PRETTY_NAME: 'Debian GNU/Linux 13 (trixie)' },
    hasApt: true,
  },
  missing: { needs: [], packages: [], unknown: [] },
  folders: { build: 'build', out: 'out', cache: 'build/cache', foreign: [] },
  disk: [{ dir: 'build', freeBytes: 50 * gib, needBytes: 6 * gib }],
  memoryBytes: 7 * gib,
  cores: 4,
  overlay: { dir: 'build', error: '' },
  bounds: { groups: { folder: '/sys/fs/cgroup/azl', holds: 'all' } },
  userIdProblems: [],
  kvm: { state: 'absent', by: 'user' },
  mirror: { error: '' },
};

const lines = (facts: Partial<HostFacts>) => findingsOf({ ...fine, ...facts }).map(findingLine);

describe('the doctor', () => {
  it('has a line for each check', () => {
    expect(lines({})).toEqual([
      '✓ system: Debian GNU/Linux 13 (trixie), x64',
      '✓ node: v20.11.0',
      '✓ sudo: without a password',
      '✓ tools: all installed',
      '✓ writable: build, out, build/cache',
      '✓ disk: 50.0 GiB free in build',
      '✓ memory: 7.0 GiB available, 4 cores',
      '✓ overlay: works in build',
      '✓ bounds: of memory and processes held by control groups in /sys/fs/cgroup/azl',
      '✓ user ids: none has a number of the sandboxes',
      '✓ kvm: not available: QEMU emulates, which is slower',
      '✓ mirror: a package was downloaded',
    ]);
  });

  it('says how bounds are held where there are no control groups', () => {
    const groups = { folder: '/g', holds: 'processes' } as const;
    expect(lines({ bounds: { groups, reason: 'it is version 1' } })).toContain(
      '✓ bounds: of processes held by control groups in /g; of memory, held by looking at processes four times a second: it is version 1',
    );
    expect(lines({ bounds: { reason: 'it has no controllers' } })).toContain(
      '✓ bounds: held by looking at processes four times a second: it has no controllers',
    );
  });

  it.each<[Partial<HostFacts>, string, boolean]>([
    [{ node: 'v18.19.0' }, '✗ node: v18.19.0 → Node 20 or newer: https://nodejs.org/en/download', true],
    [{ node: 'v9.1.0' }, '✗ node: v9.1.0 → Node 20 or newer: https://nodejs.org/en/download', true],
    [
      { privilege: 'asks' },
      '✗ sudo: asks for a password → as root: echo "somebody ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl',
      true,
    ],
    [
      { privilege: 'none' },
      '✗ sudo: is not installed → as root: apt-get install sudo && echo "somebody ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl',
      true,
    ],
    [
      { missing: { needs: ['rpm', 'bwrap'], packages: ['bubblewrap', 'rpm'], unknown: [] } },
      '✗ tools: missing: rpm, bwrap → sudo apt-get install --no-install-recommends bubblewrap rpm (make -C ../azl image does it)',
      false,
    ],
    [
      {
        folders: {
          build: 'build',
          out: 'my out',
          cache: '/c',
          worker: '/c/toolchain/worker',
          foreign: ['build', 'my out'],
        },
      },
      `✗ writable: you may not write build, my out → sudo chown -R "$(id -un)": build 'my out'`,
      true,
    ],
    [
      {
        folders: {
          build: 'b',
          out: 'o',
          cache: 'b/cache',
          worker: 'b/cache/toolchain/worker',
          foreign: ['b', 'o'],
        },
      },
      '✗ writable: you may not write b, o → sudo find b o -path b/cache/toolchain/worker -prune -o -exec chown -h "$(id -un)": {} +',
      true,
    ],
    [
      { disk: [{ dir: '/b', freeBytes: gib, needBytes: 6 * gib }] },
      '✗ disk: 1.0 GiB free in /b, 6.0 GiB needed → make -C ../azl clean, or a folder on a larger disk: BUILD_DIR=<folder>',
      true,
    ],
    [
      { overlay: { dir: 'b', error: 'wrong fs type' } },
      '✗ overlay: cannot be mounted in b: wrong fs type → a folder on ext4 or xfs: BUILD_DIR=<folder> (the / of a container is an overlay itself: use a volume)',
      true,
    ],
    [
      { userIdProblems: [{ message: "The user 'x' has the uid 70211", hint: 'Give it another.' }] },
      "✗ user ids: The user 'x' has the uid 70211 → Give it another.",
      true,
    ],
    [
      { mirror: { error: 'no package could be downloaded: x' } },
      '✗ mirror: no package could be downloaded: x → sudo apt-get update',
      true,
    ],
  ])('gives a hint for %j', (facts, line, mandatory) => {
    const bad = findingsOf({ ...fine, ...facts }).filter(({ ok }) => !ok);
    expect(bad.map(findingLine)).toEqual([line]);
    expect(bad[0]?.mandatory).toBe(mandatory);
  });

  it.each<[Kvm, string]>([
    [{ state: 'works', by: 'user' }, 'there: works'],
    [{ state: 'works', by: 'root' }, 'there, used through sudo: works'],
    [{ state: 'untried', by: 'root' }, 'there, used through sudo; the first boot test finds out if it works'],
    [{ state: 'untried', by: 'user' }, 'there; the first boot test finds out if it works'],
    [
      { state: 'broken', by: 'root' },
      'there, used through sudo, but boots no kernel: QEMU emulates, which is slower',
    ],
    [
      { state: 'rootOnly', by: 'user' },
      'there, but only root may use it, and sudo is needed for that: QEMU emulates, which is slower',
    ],
    [{ state: 'absent', by: 'user' }, 'not available: QEMU emulates, which is slower'],
  ])('says what is so with KVM, and objects to nothing: %j', (kvm, text) => {
    expect(findingsOf({ ...fine, kvm }).every(({ ok }) => ok)).toBe(true);
    expect(lines({ kvm })).toContain(`✓ kvm: ${text}`);
  });

  it.each<[Parameters<typeof kvmAccess>[0], Kvm['by'] | undefined]>([
    [{ exists: false, opens: false, privilege: 'root' }, undefined],
    [{ exists: true, opens: true }, 'user'],
    [{ exists: true, opens: true, privilege: 'none' }, 'user'],
    [{ exists: true, opens: false, privilege: 'sudo' }, 'root'],
    [{ exists: true, opens: false, privilege: 'root' }, 'root'],
    [{ exists: true, opens: false, privilege: 'asks' }, undefined],
    [{ exists: true, opens: false, privilege: 'none' }, undefined],
  ])('finds out who opens the device of KVM: %j', (host, by) => {
    expect(kvmAccess(host)).toBe(by);
  });

  it('has no line for what was not checked', () => {
    const { node, user, missing, memoryBytes, cores } = fine;
    expect(findingsOf({ node, user, missing, memoryBytes, cores }).map(({ name }) => name)).toEqual([
      'node',
      'tools',
      'memory',
    ]);
  });
});
