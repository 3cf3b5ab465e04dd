import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../src/shared/base/log.ts';
import { fileDigest } from '../../src/shared/host/digests.ts';
import { bootTest } from '../../src/shared/image/boot-test/boot-test.ts';
import { grubConfigFile } from '../../src/shared/image/config/boot-entry.ts';
import { debugfs, readFrom } from '../../src/shared/image/disk/debugfs.ts';
import type { ImageJson } from '../../src/shared/image/manifest/image-json.ts';
import { createOverlay } from '../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../src/shared/sandbox/run.ts';
import { type Services, startServices } from '../services/server.ts';
import { type BundleRun, runBundle, startBundle } from '../support/bundle.ts';
import { type TinyPackage, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { type TestWorker, testWorker } from '../support/worker.ts';
import { leftBehind, removeWorkspace } from '../support/workspace.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let dir: string;
let toolchain: TestWorker;
let services: Services;

/** Takes the place of a stand-in of a higher version that no config names: the boot loader's package needs it. */
const gettext: TinyPackage = {
  spec: `Summary: Says what it is told\nName: gettext\nVersion: 0.1\nRelease: 1%{?dist}\nLicense: MIT\nBuildArch: noarch
Source0: gettext.sh\n%description\nx\n%install\ninstall -D -m 755 %{SOURCE0} %{buildroot}%{_bindir}/gettext
%files\n%{_bindir}/gettext\n`,
  sources: { 'gettext.sh': '#!/bin/sh\necho "$1"\n' },
};

beforeAll(async () => {
  toolchain = await testWorker();
  services = await startServices();
  // Tools give a blank, a comma and a question mark a meaning of their own.
  dir = mkdtempSync(join(tmpdir(), 'azl image, e2e?-'));
  await writeTree(join(dir, 'SPECS'), { ...tinyPackages(), gettext });
  writeConfig();
  const built = await runBundle('build-packages', { 'toolchain-dir': toolchain.dir }, dir);
  expect(built.code, built.said).toBe(0);
});
afterAll(async () => {
  await services.close();
  await removeWorkspace(dir);
});

/** The example's image of what was built here: a config like its own beside its list of what every image needs. */
function writeConfig(change: (system: Record<string, unknown>) => void = () => {}): void {
  const from = join(repository, 'examples/distro/imageconfigs');
  const to = join(dir, 'imageconfigs');
  mkdirSync(to, { recursive: true });
  for (const name of ['files', 'scripts']) cpSync(join(from, name), join(to, name), { recursive: true });
  const base = JSON.parse(readFileSync(join(from, 'packagelists/base.json'), 'utf8')) as {
    packages: string[];
  };
  const packages = base.packages.filter((name) => name !== 'example-release');
  writeFileSync(join(to, 'base.json'), JSON.stringify({ packages }));
  const config = JSON.parse(readFileSync(join(from, 'minimal.json'), 'utf8'));
  const system = config.SystemConfigs[0];
  Object.assign(system, { PackageLists: ['base.json'], Packages: ['gamma', 'delta'] });
  // On an emulated machine beside other work a unit may need more time than it says: that is no fault of an image.
  addUnit('slow', 'TimeoutStartSec=1', 'ExecStart=/bin/sleep 3');
  system.PostInstallScripts.push({ Path: 'scripts/slow.sh' });
  change(system);
  writeFileSync(join(to, 'image.json'), JSON.stringify(config));
}

/** Writes the script `<name>.sh` of a config, which enables a unit that runs once at boot. */
function addUnit(name: string, ...lines: string[]): void {
  const unit = ['[Service]', 'Type=oneshot', ...lines, '[Install]', 'WantedBy=multi-user.target'];
  const path = `/etc/systemd/system/${name}.service`;
  writeFileSync(
    join(dir, `imageconfigs/scripts/${name}.sh`),
    `cat > ${path} <<'END'\n${unit.join('\n')}\nEND\nsystemctl enable ${name}.service\n`,
  );
}

async function compose(bootTested: boolean, inRun = false): Promise<BundleRun> {
  const inputs = { 'toolchain-dir': toolchain.dir, 'boot-test': bootTested ? 'y' : 'n' };
  const given = { ...inputs, 'config-file': 'imageconfigs/image.json', 'retention-days': '5' };
  const environment = { ...services.environment('run', 'job'), ACTIONS_CACHE_SERVICE_V2: '' };
  return await startBundle('compose-image', given, dir, [], inRun ? environment : {}).ended;
}

const images = () => join(dir, 'out/images');
const raw = () => join(images(), 'minimal.raw');
const manifest = (): ImageJson =>
  JSON.parse(readFileSync(join(images(), 'minimal.json'), 'utf8')) as ImageJson;

describe('an image', () => {
  it('is made, published with a manifest that keeps to its schema, and not booted when that is off', async () => {
    const run = await compose(false, true);
    expect(run.code, run.said).toBe(0);
    expect(run.outputs['image-artifact']).toBe('azl-image-image');
    expect(services.artifacts.daysKept('run', 'azl-image-image')).toBe(5);
    expect(run.said).toMatch(/minimal: made, \d+ packages, 5 of them built here; not booted/);
    expect(run.said).toContain('image: out/images/minimal.raw');
    expect(JSON.parse(run.outputs['images'] as string)).toEqual([raw(), join(images(), 'minimal.qcow2')]);
    expect(readdirSync(images()).sort()).toEqual(['minimal.json', 'minimal.qcow2', 'minimal.raw']);
    const schema = readFileSync(join(repository, 'docs/schema/image.schema.json'), 'utf8');
    const validate = new Ajv2020({ strictTypes: false }).compile(JSON.parse(schema));
    expect(validate(manifest()), JSON.stringify(validate.errors)).toBe(true);
    expect(readFileSync(join(images(), 'minimal.json'), 'utf8')).not.toContain('"example"');
    for (const { file, sha256 } of manifest().files)
      expect(await fileDigest(join(images(), file))).toBe(sha256);
  });

  it('holds what was built here, not its stand-ins, by the word of its own rpm database', async () => {
    const database = join(dir, 'database');
    mkdirSync(database);
    const place = { path: join(images(), 'minimal.raw'), offset: manifest().boot.rootOffset };
    const path = '/var/lib/rpm/rpmdb.sqlite';
    writeFileSync(join(database, basename(path)), await readFrom(place, path, 1 << 28));
    const layer = await createOverlay(join(dir, 'layer'));
    const format = '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm\\n';
    const { stdout } = await runInSandbox(['rpm', '--dbpath', '/database', '-qa', '--qf', format], {
      root: { worker: toolchain.worker, overlay: layer },
      as: 'root',
      binds: [{ source: database, target: '/database', writable: true }],
    });
    const installed = stdout.trim().split('\n').sort();
    const built = readdirSync(join(dir, 'out/RPMS'), { recursive: true })
      .map((name) => basename(String(name)))
      .filter((name) => name.endsWith('.rpm'));
    expect(installed).toEqual(
      manifest()
        .packages.map(({ file }) => file)
        .sort(),
    );
    expect(installed.filter((name) => built.includes(name))).toEqual([
      'alpha-1.0-1.azl3.x86_64.rpm',
      'beta-1.0-1.azl3.x86_64.rpm',
      'delta-1.0-1.azl3.noarch.rpm',
      'gamma-1.0-1.azl3.x86_64.rpm',
      'gettext-0.1-1.azl3.noarch.rpm',
    ]);
    expect(installed.filter((name) => name.startsWith('gettext-'))).toHaveLength(1);
    expect(toolchain.toolchain.rpms.map(({ name }) => name)).toContain('gettext');
  });

  it('that is reused without a verdict is booted, from a virtio disk, and stays the same bytes', async () => {
    const before = await fileDigest(raw());
    const run = await compose(true);
    expect(run.code, run.said).toBe(0);
    expect(run.said).toContain('Booting minimal');
    expect(run.said).toMatch(/minimal: reused, .*; boot test passed \(\d+ s, (kvm|tcg)\)/);
    expect(await fileDigest(raw())).toBe(before);
    expect(before).toBe(manifest().files.find(({ type }) => type === 'raw')?.sha256);
    const serial = readFileSync(join(dir, 'build/logs/image-minimal.serial.log'), 'utf8');
    expect(serial).toContain('Linux version');
  });

  it('that passed is not booted again, and that is said', async () => {
    const run = await compose(true);
    expect(run.code, run.said).toBe(0);
    expect(run.said).not.toContain('Booting');
    expect(run.said).toMatch(/minimal: reused, .*; boot test passed in an earlier run \(\d+ s\)/);
    expect(run.outputs).toMatchObject({ reused: 'true', 'cache-hit': 'true' });
  });

  it('boots from a SATA disk, too', async () => {
    const before = await fileDigest(raw());
    const verdict = await bootTest({
      ...{ raw: raw(), ...manifest().boot, diskBus: 'sata', timeoutSeconds: 900, log: recordingLog() },
      ...{ workDir: join(dir, 'sata'), cacheDir: join(dir, 'build/cache') },
      serialLog: join(dir, 'build/logs/sata.log'),
    });
    expect(verdict).toMatchObject({ passed: true, state: 'running', failed: [] });
    expect(await fileDigest(raw())).toBe(before);
  });

  describe('that stops on its way is ended there, long before its limit:', () => {
    const boot = (copy: string) =>
      bootTest({
        ...{ raw: copy, ...manifest().boot, timeoutSeconds: 3600, log: recordingLog() },
        ...{ workDir: `${copy}.boot`, cacheDir: join(dir, 'build/cache'), serialLog: `${copy}.log` },
      });
    const copyOf = (name: string): string => {
      const copy = join(dir, `${name}.raw`);
      execFileSync('cp', ['--sparse=always', '--reflink=auto', raw(), copy]);
      return copy;
    };

    it('without the program that firmware starts', async () => {
      const copy = copyOf('no program');
      execFileSync('mdel', ['-i', `${copy}@@1M`, '::/EFI/BOOT/BOOTX64.EFI']);
      const reason = 'the firmware found nothing to boot and started its shell (Shell>)';
      expect(await boot(copy)).toMatchObject({ passed: false, state: 'none', reason });
    });

    it('at a panic of the kernel', async () => {
      const copy = copyOf('no initramfs');
      const place = { path: copy, offset: manifest().boot.rootOffset };
      const config = (await readFrom(place, grubConfigFile, 1 << 20)).toString();
      const changed = join(dir, 'grub.cfg');
      writeFileSync(changed, config.replace(/^ *initrd .*$/m, ''));
      await debugfs(place, [`rm ${grubConfigFile}`, `write /azl/changed ${grubConfigFile}`], {
        ...{ write: true, binds: [{ source: changed, target: '/azl/changed' }] },
      });
      const why = 'VFS: Unable to mount root fs on unknown-block(0,0)';
      const reason = `the kernel panicked (Kernel panic - not syncing: ${why})`;
      expect(await boot(copy)).toMatchObject({ passed: false, state: 'none', reason });
    });
  });

  it('with a unit that fails makes the action fail and name it, and no image stays', async () => {
    writeConfig((system) => {
      (system['PostInstallScripts'] as object[]).push({ Path: 'scripts/broken.sh' });
    });
    addUnit('broken', "ExecStart=/bin/sh -c 'echo the reason why'", 'ExecStart=/bin/false');
    const run = await compose(true, true);
    expect(run.code).toBe(1);
    expect(run.said).toContain('The image minimal failed its boot test: unit broken.service failed');
    expect(run.said).toMatch(/broken\.service failed:\n(.*\n)* {4}the reason why/);
    const log = 'Serial log: build/logs/image-minimal.serial.log in the artifact azl-logs-1-image-image';
    expect(run.said).toContain(log);
    expect(services.artifacts.names('run')).toEqual(['azl-image-image', 'azl-logs-1-image-image']);
    expect(run.summary).toContain('### ✗ minimal: boot test failed');
    expect(run.summary).toContain('    the reason why\n');
    expect(run.outputs['images']).toBeUndefined();
    expect(readdirSync(images())).toEqual([]);
  });

  it('is back from the store, still with its verdict, when the edit is taken back', async () => {
    writeConfig();
    const run = await compose(true);
    expect(run.code, run.said).toBe(0);
    expect(run.said).toContain('boot test passed in an earlier run');
    expect(readdirSync(images()).sort()).toEqual(['minimal.json', 'minimal.qcow2', 'minimal.raw']);
  });

  it('whose boot loader has no entry fails with the end of its console, in the log and on the page', async () => {
    writeFileSync(join(dir, 'imageconfigs/scripts/no-entry.sh'), `rm ${grubConfigFile}\n`);
    writeConfig((system) => {
      system['FinalizeImageScripts'] = [{ Path: 'scripts/no-entry.sh' }];
    });
    const run = await compose(true);
    expect(run.code).toBe(1);
    const reason = 'the boot loader has no entry to start, and waits at its prompt (grub>)';
    expect(run.said).toContain(
      `The image minimal failed its boot test: ${reason}. The last lines of its console:`,
    );
    expect(run.said).toMatch(/%0A {4}grub>%0ASerial log: |\n {4}grub>\nSerial log: /);
    expect(run.summary).toContain(`\n${reason.replace('>', '\\>')}. After `);
    expect(run.summary).toContain('\ngrub>\n```\n');
    expect(readdirSync(images())).toEqual([]);
  });

  it('leaves no mount, no process and no scratch folder', () => {
    expect(leftBehind(dir)).toEqual([]);
    expect(readdirSync(join(dir, 'build/image'))).toEqual([]);
  });
});
