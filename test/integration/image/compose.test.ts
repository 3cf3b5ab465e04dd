import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { type ComposeOptions, composeImage } from '../../../src/shared/image/compose-image.ts';
import type { ImageJson } from '../../../src/shared/image/manifest/image-json.ts';
import { type FileServer, makeRpms, publish, serveFiles } from '../../support/made-repository.ts';
import { smallConfig, smallPackages } from '../../support/small-image.ts';
import { testWorker } from '../../support/worker.ts';

const rootOffset = 9 * 1024 * 1024;
let dir: string;
/** Has a repository with the RPM `afar`, which nothing here has. */
let server: FileServer;

function config(more: Record<string, unknown> = {}): string {
  return smallConfig({
    Users: [
      { Name: 'root', Password: 'secret' },
      {
        ...{ Name: 'ann', UID: '1200', PasswordHashed: true, Password: '$6$x$y' },
        SSHPubKeys: ['ssh-ed25519 AAAA a'],
      },
    ],
    AdditionalFiles: { 'motd.txt': { Path: '/etc/motd', Permissions: '0640' } },
    PostInstallScripts: [{ Path: 'post.sh', Args: 'one two' }],
    Packages: [...smallPackages, 'afar'],
    ...more,
  });
}

async function options(name: string, text = config()): Promise<ComposeOptions> {
  const place = join(dir, name);
  await mkdir(place);
  await writeFile(join(place, 'c.json'), text);
  await writeFile(join(place, 'motd.txt'), 'hello\n');
  await writeFile(
    join(place, 'post.sh'),
    'echo "$@" > /etc/ran; ln -s /etc/shadow /etc/leads-out; if (: < /dev/tcp/127.0.0.1/22) 2>/dev/null; then exit 9; fi\n',
  );
  await writeFile(join(place, 'plain.repo'), `[plain]\nbaseurl=${server.origin}/plain\ngpgcheck=0\n`);
  const { dir: toolchainDir, toolchain } = await testWorker();
  return {
    configFile: join(place, 'c.json'),
    ...{ toolchain, toolchainDir, bootTest: false, log: recordingLog() },
    repoList: [join(place, 'plain.repo')],
    releaseMajorId: '3.0',
    rpmsDir: join(place, 'RPMS'),
    outDir: join(place, 'out'),
    buildDir: join(place, 'build'),
    cacheDir: join(place, 'cache'),
  };
}

async function inImage(raw: string, command: string): Promise<string> {
  const { stdout } = await runShortTool(
    ['/usr/bin/env', 'debugfs', '-R', command, `${raw}?offset=${rootOffset}`],
    {},
  );
  return stdout;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-image-'));
  server = await serveFiles(join(dir, 'web'));
  await makeRpms(join(dir, 'make'), join(dir, 'made'), ['afar-1']);
  await publish(join(dir, 'made'), join(dir, 'web/plain'), ['afar-1']);
});

afterAll(async () => {
  server.close();
  await removeTree(dir);
});

describe('an image', () => {
  it('holds what its config says on a sound disk, also of a repository, is the same bytes in another folder at another time, and is reused', async () => {
    const first = await options('first');
    const steps: string[] = [];
    const made = await composeImage({
      ...first,
      log: { ...recordingLog(), progress: (line) => steps.push(line) },
    });
    for (const step of ['choosing packages', 'configuring', 'running post.sh', 'making the initramfs'])
      expect(steps).toContain(`image tiny: ${step}`);
    for (const step of ['writing the disk', 'taking the digest of tiny.raw', 'publishing'])
      expect(steps).toContain(`image tiny: ${step}`);
    const raw = made.paths[0] as string;
    expect(made.reused).toBe(false);

    expect(await inImage(raw, 'cat /etc/hostname')).toBe('tiny-host\n');
    expect(await inImage(raw, 'cat /etc/ran')).toBe('one two\n');
    expect(await inImage(raw, 'cat /etc/motd')).toBe('hello\n');
    expect(await inImage(raw, 'stat /etc/motd')).toContain('Mode:  0640');
    expect(await inImage(raw, 'cat /etc/machine-id')).toBe('');
    expect(await inImage(raw, 'cat /etc/passwd')).toContain('ann:x:1200:1200::/home/ann:/bin/bash\n');
    const shadow = await inImage(raw, 'cat /etc/shadow');
    expect(shadow).toMatch(/^root:\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}:20089:/m);
    expect(shadow).toContain('\nann:$6$x$y:20089:');
    expect(await inImage(raw, 'cat /home/ann/.ssh/authorized_keys')).toBe('ssh-ed25519 AAAA a\n');
    expect(await inImage(raw, 'ls /tmp')).not.toContain('post.sh');
    expect(await inImage(raw, 'cat /boot/grub2/grub.cfg')).toContain('console=ttyS0');
    expect(await inImage(raw, 'stat /etc/motd')).toContain('ctime: 0x67748580');

    // What nothing here has comes from the repository, and the manifest says so.
    const manifest = JSON.parse(await readFile(made.manifest, 'utf8')) as ImageJson;
    expect(manifest.packages).toContainEqual({
      ...{
        file: 'afar-1-1.noarch.rpm',
        origin: 'repository',
        license: 'MIT',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    // The licence of each package: a converted one names Debian's file of it, which is in the image.
    for (const { file, license } of manifest.packages)
      expect(license, file).toMatch(/^(MIT|see \/usr\/share\/doc)/);
    const [, copyright] =
      /^see (\S+)$/.exec(manifest.packages.find(({ file }) => file.startsWith('bash-'))?.license ?? '') ?? [];
    expect(await inImage(raw, `cat ${copyright}`)).toContain('GPL');
    expect(new Set(manifest.packages.map((one) => one.origin))).toEqual(new Set(['repository', 'toolchain']));
    expect(await inImage(raw, 'cat /usr/share/afar')).toBe('afar-1\n');

    const checked = await runTool(['sfdisk', '--verify', raw]);
    expect(checked.stdout + checked.stderr).toContain('No errors detected');
    await runTool(['e2fsck', '-fn', `${raw}?offset=${rootOffset}`]);
    const esp = await runTool(['mdir', '-i', `${raw}@@${1024 * 1024}`, '-b', '-/', '::/']);
    expect(esp.stdout).toContain('::/EFI/BOOT/BOOTX64.EFI');

    const second = await options('second');
    const log = recordingLog();
    const again = await composeImage({ ...second, log });
    expect([again.image.key, again.image.files]).toEqual([made.image.key, made.image.files]);
    expect(await fileDigest(again.paths[0] as string)).toBe(await fileDigest(raw));
    expect((await composeImage(second)).reused).toBe(true);
    await expect(composeImage({ ...second, repoList: [] })).rejects.toThrow(
      /Package 'afar' is provided by nothing/,
    );
  });

  it('is not made when a script fails, and the script is named', async () => {
    const failing = await options('failing');
    await writeFile(join(failing.configFile, '..', 'post.sh'), 'echo it broke >&2\nexit 3\n');
    await expect(composeImage(failing)).rejects.toThrow(
      /\$\.SystemConfigs\[0\]\.PostInstallScripts\[0\]: script 'post\.sh' ended with 3:\nit broke/,
    );
  });

  it('is refused for packages that nothing provides, all of them', async () => {
    const missing = await options(
      'missing',
      config({ Packages: [...smallPackages, 'bahs', 'nowhere-to-be-found'] }),
    );
    await expect(composeImage(missing)).rejects.toThrow(
      /Packages\[7\]: Package 'bahs' is provided by nothing\. Nearest: 'bash'\. Build it, or give a repository .*\n.*Packages\[8\]: Package 'nowhere/,
    );
  });
});
