import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../../src/shared/cache-key/key.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { ImageConfig } from '../../../src/shared/image/config/config.ts';
import type { NamedFile } from '../../../src/shared/image/config/named-file-reader.ts';
import type { NamedFiles } from '../../../src/shared/image/config/named-files.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';
import { imageSeed } from '../../../src/shared/image/disk/identity.ts';
import { layOut, mountedOn } from '../../../src/shared/image/disk/layout.ts';
import { imageComponents, imageManifest } from '../../../src/shared/image/manifest/image-manifest.ts';
import type { ImagePackage } from '../../../src/shared/image/packages/choose-packages.ts';
import { passwordHashes } from '../../../src/shared/image/rootfs/accounts.ts';
import { grubModules } from '../../../src/shared/image/rootfs/boot-files.ts';
import { madeUpRpm } from '../../support/made-up.ts';

const { config } = parseImageConfig(
  JSON.stringify({
    Disks: [
      {
        ...{ PartitionTableType: 'gpt', MaxSize: 100, Artifacts: [{ Type: 'qcow2' }] },
        Partitions: [
          { ID: 'esp', Flags: ['esp'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, FsType: 'ext4' },
        ],
      },
    ],
    SystemConfigs: [
      {
        ...{ Name: 'x', BootType: 'efi', Packages: ['bash'], KernelOptions: { default: 'kernel' } },
        Hostname: 'some-host',
        KernelCommandLine: { ExtraCommandLine: 'quiet' },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
        AdditionalFiles: { a: '/etc/a', b: { Path: '/etc/b', Permissions: '0600' } },
        PostInstallScripts: [{ Path: 'p.sh', Args: 'one two' }],
        FinalizeImageScripts: [{ Path: 'f.sh' }],
        Groups: [{ Name: 'staff', GID: '1500' }],
        Users: [{ Name: 'root', Password: 'secret' }],
      },
    ],
  }),
  'c.json',
);
const file = (name: string, executable = false): NamedFile => ({
  ...{ name, path: `/host/${name}`, executable, sha256: textDigest(name) },
});
const named: NamedFiles = {
  requestedPackages: [],
  additional: [file('a'), file('b')],
  postInstall: [file('p.sh', true)],
  finalize: [file('f.sh')],
  sshKeys: [['ssh-ed25519 A']],
};
const packages: ImagePackage[] = [
  {
    origin: 'local',
    rpm: madeUpRpm('systemd', {
      files: [
        '/usr/bin/systemctl',
        '/usr/bin/systemd-sysusers',
        '/usr/bin/systemd-hwdb',
        '/usr/sbin/ldconfig',
      ],
    }),
  },
];
const tools = { kernelRelease: '6.1', grubMkimage: '/usr/bin/grub2-mkimage' };

async function draw(changed: Partial<{ config: ImageConfig; named: NamedFiles; tools: typeof tools }> = {}) {
  const all = { config, named, tools, ...changed };
  const seed = imageSeed(all.config);
  const hashes = await passwordHashes(all.config.system.users, seed);
  return imageManifest({ ...all, seed, layout: layOut(all.config, seed), hashes, packages });
}
const manifest = await draw();
const components = (change: Partial<Parameters<typeof imageComponents>[0]> = {}) =>
  imageComponents({ manifest, packages, workerDigest: 'w', hostTools: { mke2fs: '1' }, ...change });
const key = keyOf(components());

/** Every text, number and flag in plain data: its place in words, and the same data with that one changed. */
function changes<T>(data: T): [place: string, changed: T][] {
  const found: [string, T][] = [];
  const visit = (at: (string | number)[], value: unknown) => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit([...at, name], inner);
      return;
    }
    const changed = structuredClone(data);
    let holder = changed as Record<string | number, unknown>;
    for (const name of at.slice(0, -1)) holder = holder[name] as typeof holder;
    holder[at.at(-1) as string] =
      typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value}x`;
    found.push([at.join(' '), changed]);
  };
  visit([], data);
  return found;
}

describe('the key of an image', () => {
  it('changes with everything in its manifest', () => {
    const all = changes(manifest);
    expect(all.length).toBeGreaterThan(150);
    const keys = all.map(([, changed]) => keyOf(components({ manifest: changed })));
    expect(all.filter((_, index) => keys[index] === key).map(([place]) => place)).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([
    ['a package', components({ packages: [] })],
    ['the worker', components({ workerDigest: 'v' })],
    ['a tool of the host', components({ hostTools: { mke2fs: '2' } })],
    ['a tool more', components({ hostTools: { mke2fs: '1', sfdisk: '1' } })],
  ])('changes with %s', (_what, changed) => {
    expect(keyOf(changed)).not.toBe(key);
  });

  const files = (change: Partial<NamedFiles>) => draw({ named: { ...named, ...change } });
  it.each([
    ["a file's bytes", files({ additional: [{ ...file('a'), sha256: 'b' }, file('b')] })],
    ["the two files' places", files({ additional: [file('b'), file('a')] })],
    ['a file that its owner may run', files({ additional: [file('a', true), file('b')] })],
    ["a script's bytes", files({ finalize: [{ ...file('f.sh'), sha256: 'b' }] })],
    ['a script that its owner may run', files({ finalize: [file('f.sh', true)] })],
    ['a key in a file', files({ sshKeys: [['ssh-ed25519 B']] })],
    ['the kernel', draw({ tools: { ...tools, kernelRelease: '6.2' } })],
  ])('changes with %s', async (_what, changed) => {
    expect(keyOf(components({ manifest: await changed }))).not.toBe(key);
  });

  it('does not change with the place of the checkout, nor with a mode that the config overrides', async () => {
    const moved = structuredClone(named);
    for (const one of [...moved.additional, ...moved.postInstall, ...moved.finalize])
      one.path = `/elsewhere${one.path}`;
    (moved.additional[1] as NamedFile).executable = true;
    expect(components({ manifest: await draw({ named: moved }) })).toEqual(components());
  });

  /** What of a config is in no image by itself. */
  const withoutEffect = new Set([
    ...['system packages 0', 'system kernelPackage'], // through what is chosen
    ...['system additionalFiles 0 source', 'system additionalFiles 1 source'], // through what they hold
    ...['system postInstallScripts 0 path', 'system finalizeImageScripts 0 path'],
    'system users 0 passwordExpiresDays', // only -1 is done, and refused is what the change makes of it
  ]);

  it('changes with everything in a config that shapes an image', async () => {
    // A checked config has a partition on `/`.
    const all = changes(config).filter(([, one]) => mountedOn(layOut(one, 'seed'), '/') !== undefined);
    for (const [place, changed] of all) {
      const now = keyOf(components({ manifest: await draw({ config: changed }) }));
      expect(now === key, place).toBe(withoutEffect.has(place));
    }
    expect(all.map(([place]) => place)).toEqual(expect.arrayContaining([...withoutEffect]));
  });
});

describe('what is in a manifest', () => {
  const text = JSON.stringify(manifest);
  const names = Object.keys(components());

  it.each([
    ...['/etc/fstab', '/etc/hosts', '/etc/hostname', '/etc/machine-id', '/boot/grub2/grub.cfg'].map(
      (path) => `manifest:root:texts:${path}`,
    ),
    ...['tree.py', 'accounts.py', 'configure.py', 'finish.py'].map((name) => `manifest:root:helpers:${name}`),
    ...['transaction.py', 'sysusers.py', 'account_files.py', 'installed_files.py'].map(
      (name) => `manifest:root:transaction:${name}`,
    ),
    ...['sandbox', 'epoch', 'users', 'groups', 'files', 'first', 'boot', 'parts', 'obsoleteFiles'].map(
      (name) => `manifest:root:${name}`,
    ),
    ...['table', 'mke2fsConfig', 'filesystems', 'environment:E2FSPROGS_FAKE_TIME'].map(
      (name) => `manifest:disk:${name}`,
    ),
  ])('a component: %s', (name) => {
    expect(names).toContain(name);
  });

  it.each([
    ['mke2fs', '"mke2fs","-q","-F","-t","ext4","-U"'],
    ['mkfs.vfat', '"mkfs.vfat","--invariant"'],
    ['dracut', '"dracut","--force","--no-hostonly"'],
    ['GRUB', `"-c","/boot/grub2/early.cfg","${grubModules.join('","')}"`],
    ['the sandbox', '"--cap-drop","ALL"'],
    ["the sandbox's environment", '"--setenv","LANG","C.UTF-8"'],
    ['the one time', '"--setenv","SOURCE_DATE_EPOCH","1735689600"'],
  ])('the arguments of %s', (_what, message) => {
    expect(text).toContain(message);
  });

  it('the text of the program that installs', () => {
    const path = new URL('../../../src/shared/sandbox/transaction.py', import.meta.url);
    expect(manifest.root.transaction['transaction.py']).toBe(readFileSync(path, 'utf8'));
  });

  it('no password, in any form but what /etc/shadow holds', () => {
    expect(text).not.toContain('secret');
    expect(manifest.root.users[0]?.hash).toMatch(/^\$6\$/);
    const plain = textDigest(JSON.stringify(config));
    expect(JSON.stringify(components())).not.toContain(plain);
  });

  it('modes that do not follow from the umask of a checkout', async () => {
    const additional = [file('a', true), file('b', true)];
    const { files } = (await draw({ named: { ...named, additional } })).root;
    expect(files.map(({ mode }) => mode)).toEqual([0o755, 0o600]);
    expect(manifest.root.files.map(({ mode }) => mode)).toEqual([0o644, 0o600]);
  });

  it('scripts as words, started by the shell unless their owner may run them', () => {
    expect(manifest.root.postInstall[0]?.argv).toEqual(['/tmp/p.sh', 'one', 'two']);
    expect(manifest.root.finalize[0]?.argv).toEqual(['/bin/sh', '/tmp/f.sh']);
  });

  it('a raw file, also when the config asks for another alone: the boot test needs it', () => {
    expect(manifest.artifacts).toEqual([
      { file: 'x.qcow2', type: 'qcow2' },
      { file: 'x.raw', type: 'raw' },
    ]);
  });
});
