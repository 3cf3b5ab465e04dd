import { describe, expect, it } from 'vitest';
import { formatProblem, type ProblemsError } from '../../../src/shared/base/problems.ts';
import { requestedCapability } from '../../../src/shared/image/config/named-files.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';
import { imageSeed } from '../../../src/shared/image/disk/identity.ts';
import { imageName } from '../../../src/shared/image/manifest/image-manifest.ts';
import { findBootTools } from '../../../src/shared/image/packages/boot-tools.ts';
import { choosePackages, type ImagePackage } from '../../../src/shared/image/packages/choose-packages.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';

function rpm(name: string, files: string[] = [], provides: string[] = []): Rpm {
  return {
    ...{ file: `${name}-1-1.noarch.rpm`, name, epoch: 0, version: '1', release: '1', arch: 'noarch' },
    ...{
      sourceRpm: '',
      size: 1,
      shipDigest: `ship ${name}`,
      outputDigest: '',
      provides: [name, ...provides],
    },
    ...{ requires: [], conflicts: [], obsoletes: [], files, folders: [] },
  };
}

const { config } = parseImageConfig(
  JSON.stringify({
    Disks: [
      {
        ...{ PartitionTableType: 'gpt', MaxSize: 100, Artifacts: [{ Type: 'raw' }] },
        Partitions: [
          { ID: 'esp', Flags: ['esp'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, FsType: 'ext4' },
        ],
      },
    ],
    SystemConfigs: [
      {
        ...{ Name: 'My image', BootType: 'efi', Packages: ['bash'], KernelOptions: { default: 'kernel' } },
        PartitionSettings: [{ ID: 'rootfs', MountPoint: '/' }],
        Users: [{ Name: 'root', Password: 'secret' }],
      },
    ],
  }),
  'c.json',
);

describe('requestedPackage', () => {
  it.each([
    ['bash', 'bash'],
    ['zlib=1.3.1-1', 'zlib = 1.3.1-1'],
    ['zlib >= 1.3', 'zlib >= 1.3'],
    ['pkgconfig(zlib)', 'pkgconfig(zlib)'],
    ['/usr/bin/sh', '/usr/bin/sh'],
    ['a b', undefined],
    ['$(x)', undefined],
    ['--root', undefined],
    ['', undefined],
    ['a\nb', undefined],
  ])('%j', (entry, capability) => {
    expect(requestedCapability(entry)).toBe(capability);
  });
});

it('all requested that nothing provides are named with their places, the nearest names, and versions', async () => {
  const requested = ['bahs', 'bash = 7', 'bash'].map((capability, index) => ({
    ...{ capability, file: 'l.json' },
    path: `$.packages[${index}]`,
  }));
  const solver = {
    solve: async () => ({ ok: false as const, problems: ['x'], missing: ['bahs'] }),
    close: async () => {},
  };
  const toolchain = { rpms: [{ ...rpm('bash'), provides: ['bash = 1-1'] }] } as unknown as Toolchain;
  await expect(
    choosePackages({ requested, local: [], offered: [], toolchain, solver, file: 'c.json' }),
  ).rejects.toThrow(
    "l.json $.packages[0]: Package 'bahs' is provided by nothing. Nearest: 'bash'. Build it, or give a repository that has it (repo-list).\nl.json $.packages[1]: Package 'bash = 7' is provided by nothing. There is bash 1-1.",
  );
});

const complete = [
  rpm('kernel', ['/boot/vmlinuz-6.1']),
  rpm('dracut', ['/usr/bin/dracut']),
  rpm('grub2', ['/usr/bin/grub-mkimage']),
  rpm('grub2-efi-binary', ['/usr/lib/grub/x86_64-efi/linux.mod']),
  rpm('kmod', ['/usr/sbin/depmod']),
  rpm('systemd', ['/usr/lib/systemd/systemd']),
  rpm('login', ['/usr/bin/login']),
].map((one) => ({ origin: 'toolchain' as const, rpm: one }));
const withoutInit = complete.filter((one) => one.rpm.name !== 'systemd');
const other = { origin: 'local' as const, rpm: rpm('sysvinit', ['/sbin/init']) };
const find = (
  packages: readonly ImagePackage[],
  bootTest: boolean,
  more: Partial<typeof config.system> = {},
) =>
  findBootTools(packages, { ...config, system: { ...config.system, ...more } }, { file: 'c.json', bootTest });

describe('findBootTools', () => {
  it('finds the kernel of the package that the config names', () => {
    const other = { origin: 'local' as const, rpm: rpm('kernel-hwe', ['/boot/vmlinuz-9']) };
    const found = findBootTools([...complete, other], config, { file: 'c.json', bootTest: true });
    expect(found).toMatchObject({ tools: { kernelRelease: '6.1' }, warnings: [] });
  });

  it('names all that is missing', () => {
    try {
      find([], true);
      expect.unreachable();
    } catch (error) {
      const lines = (error as ProblemsError).problems.map(formatProblem);
      expect(lines).toHaveLength(6);
      expect(lines[0]).toContain("The image has no kernel. Add the package 'kernel'.");
    }
  });
});

describe('an image without a login program', () => {
  const withoutLogin = complete.filter((one) => one.rpm.name !== 'login');
  const user = { ...(config.system.users[0] as (typeof config.system.users)[0]) };

  it('is made with a warning at the first user who has a password', () => {
    const users = [{ ...user, password: '' }, user];
    expect(find(withoutLogin, true, { users }).warnings.map(formatProblem)).toEqual([
      "c.json $.SystemConfigs[0].Users[1].Password: The image has no login program: nobody can log in on its console with a password. Add the package that has /usr/bin/login: 'login', or 'shadow-utils' in Azure Linux.",
    ]);
  });

  it('is made without one if nobody has a password', () => {
    expect(find(withoutLogin, true, { users: [{ ...user, password: '' }] }).warnings).toEqual([]);
    expect(find(withoutLogin, true, { users: [] }).warnings).toEqual([]);
  });
});

describe('an image without systemd', () => {
  const at = 'c.json $.SystemConfigs[0].Packages:';
  const never = 'The image has no init (systemd or /sbin/init), so it never comes up.';
  const otherwise = 'or set boot-test (BOOT_TEST) to false for an image that is not booted.';

  it('is made if it is not booted, with a warning if it has no init at all', () => {
    const { warnings } = find(withoutInit, false);
    expect(warnings.map(formatProblem)).toEqual([`${at} ${never} Add the package 'systemd'.`]);
    const file = { source: 'x', target: '/sbin/init' };
    expect(find([...withoutInit, other], false).warnings).toEqual([]);
    expect(find(withoutInit, false, { kernelCommandLine: 'quiet init=/bin/sh' }).warnings).toEqual([]);
    expect(find(withoutInit, false, { additionalFiles: [file] }).warnings).toEqual([]);
  });

  it('is refused if it is booted', () => {
    expect(() => find(withoutInit, true)).toThrow(`${at} ${never} Add the package 'systemd', ${otherwise}`);
    expect(() => find([...withoutInit, other], true)).toThrow(
      `${at} The boot test waits for systemd, which the image does not have. Add the package 'systemd', ${otherwise}`,
    );
  });
});

describe('identity of an image', () => {
  it('has a name without a clock', () => {
    const packages = [{ origin: 'local' as const, rpm: rpm('example-release', [], ['system-release = 1']) }];
    expect(imageName('My image', packages)).toBe('My-image-1');
    expect(imageName('x', [])).toBe('x');
  });

  it('does not let a secret into identifiers', () => {
    const other = structuredClone(config);
    for (const user of other.system.users) user.password = 'another';
    expect(imageSeed(other)).toBe(imageSeed(config));
  });
});
