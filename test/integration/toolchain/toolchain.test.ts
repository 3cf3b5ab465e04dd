import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToList } from '../../../src/shared/base/add-to-list.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { builder, type SandboxOptions } from '../../../src/shared/sandbox/arguments.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { builtinPackages } from '../../../src/shared/toolchain/convert/builtin-packages.ts';
import { convertAll } from '../../../src/shared/toolchain/convert/convert.ts';
import { unsatisfied } from '../../../src/shared/toolchain/convert/requirements.ts';
import { batchesOf } from '../../../src/shared/toolchain/convert/run-converter.ts';
import { prepareToolchain } from '../../../src/shared/toolchain/prepare.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const cacheDir = process.env['AZL_TEST_CACHE'] ?? join(repository, 'build/cache');
const dir = join(cacheDir, 'toolchain');
const options = { mode: 'bootstrap', dir, cacheDir, updateLock: false, jobs: 2 } as const;

let toolchain: Toolchain;
let scratch: string;

beforeAll(async () => {
  toolchain = (await prepareToolchain({ ...options, log: recordingLog() })).toolchain;
  scratch = await mkdtemp(join(tmpdir(), 'azl-toolchain-test-'));
}, 1_200_000);

afterAll(async () => {
  await removeTree(scratch);
});

async function inWorker(argv: readonly string[], extra: Partial<SandboxOptions> = {}) {
  const overlay = await createOverlay(await mkdtemp(join(scratch, 'overlay-')));
  return await runInSandbox(argv, { root: { worker: join(dir, 'worker'), overlay: overlay }, ...extra });
}

describe('the bootstrap toolchain', () => {
  it('holds every file that it names, closed under what they require', async () => {
    for (const rpm of toolchain.rpms)
      expect((await stat(join(dir, 'RPMS', rpm.file))).size, rpm.file).toBe(rpm.size);
    expect([...unsatisfied(toolchain.rpms)]).toEqual([]);
    const files = toolchain.rpms.map((rpm) => rpm.file);
    expect(files).toEqual([...files].sort());
    for (const file of toolchain.worker) expect(files).toContain(file);
  });

  it('has no path in two packages, but for links that whichever is installed first makes', async () => {
    const owners = new Map<string, Rpm[]>();
    for (const rpm of toolchain.rpms) for (const path of rpm.files) addToList(owners, path, rpm);
    const shared = [...owners].filter(([, rpms]) => rpms.length > 1);
    const ask = ['rpm', '-qp', '--nosignature', '--qf', '[%{FILENAMES} %{FILEFLAGS:fflags}\n]'];
    for (const [path, rpms] of shared)
      for (const { file } of rpms) {
        const { stdout } = await runTool([...ask, join(dir, 'RPMS', file)]);
        expect(stdout.split('\n'), file).toContain(`${path} g`);
      }
  });

  it('offers what specs require by name', () => {
    const offered = new Set(
      toolchain.rpms.flatMap((rpm) => [...rpm.provides.map((one) => one.split(' ')[0]), ...rpm.files]),
    );
    const asked = `zlib-devel openssl-devel ncurses-devel readline-devel gcc-c++ make perl python3-devel gettext-devel
      systemd-rpm-macros shadow-utils util-linux-devel e2fsprogs-libs glibc-devel kernel-headers xz-devel libcap-devel
      libacl-devel libattr-devel pcre2-devel gmp-devel pam-devel libxml2-devel popt-devel sqlite-devel system-release
      pkgconfig(zlib) pkgconfig(libcrypto) pkgconfig(ncursesw) pkgconfig(liblzma) perl(strict) perl(Getopt::Long)
      python3dist(setuptools) /bin/sh /usr/bin/sh /usr/bin/perl /usr/bin/python3 /sbin/ldconfig /bin/gzip
      libc.so.6()(64bit) libc.so.6(GLIBC_2.34)(64bit) rtld(GNU_HASH) user(messagebus) group(shadow)`;
    for (const name of asked.split(/\s+/)) expect(offered, name).toContain(name);
  });

  it('is reused as it is while lock and recipe are the same', async () => {
    const before = await stat(join(dir, 'toolchain.json'));
    const log = recordingLog();
    expect(await prepareToolchain({ ...options, log })).toEqual({ toolchain, reused: true });
    expect((await stat(join(dir, 'toolchain.json'))).ino).toBe(before.ino);
    expect(log.lines).toEqual([]);
  });

  it('satisfies dnf: the worker, all build extras, an image', async () => {
    const repo = join(scratch, 'repo');
    await mkdir(repo);
    await symlink(join(dir, 'RPMS'), join(repo, 'RPMS'));
    await runTool(['createrepo_c', '--quiet', '--no-database', repo]);
    const conf = join(scratch, 'dnf.conf');
    await writeFile(conf, `[main]\nplugins=0\ngpgcheck=0\nreposdir=${scratch}/none\nlogdir=${scratch}/log\n`);
    const all = toolchain.rpms.map((rpm) => rpm.name);
    const worker = toolchain.rpms.filter((rpm) => toolchain.worker.includes(rpm.file)).map((rpm) => rpm.name);
    const image =
      'bash kernel systemd systemd-udev dbus login shadow-utils util-linux iproute grub2-efi-x64 dracut'.split(
        ' ',
      );
    const answers: string[] = [];
    for (const [index, names] of [worker, image, all].entries()) {
      const root = join(scratch, `dnf-${index}`);
      const asked = await runTool(
        [
          ...['dnf', '-c', conf, `--installroot=${root}`, '--releasever=1', '--forcearch=x86_64', '-y'],
          ...[
            `--repofrompath=t,file://${repo}`,
            '--repo=t',
            `--setopt=cachedir=${scratch}/dnf-cache-${index}`,
          ],
          ...['--setopt=install_weak_deps=0', '--setopt=tsflags=test', 'install', ...names],
        ],
        { root: true, ok: 'any' },
      );
      answers.push(asked.code === 0 ? 'ok' : `${asked.stdout.slice(-3000)}${asked.stderr.slice(-3000)}`);
      await runTool(['rm', '-rf', '--one-file-system', '--', root], { root: true });
    }
    expect(answers).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('the worker', () => {
  it('holds exactly the RPMs that the toolchain says', async () => {
    const said = await inWorker(['rpm', '-qa', '--qf', '%{name}-%{version}-%{release}.%{arch}.rpm\\n']);
    expect(said.stdout.trim().split('\n').sort()).toEqual(toolchain.worker);
  });

  it('compiles and runs C and C++', async () => {
    const source = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';
    const script = 'cd && printf "$1" >a.c && cc -O2 a.c -o a && ./a && cp a.c b.cc && c++ b.cc -o b && ./b';
    const said = await inWorker([
      'sh',
      '-ec',
      script,
      'sh',
      source.replaceAll('\n', ' \\n').replace(' \\n', '\\n'),
    ]);
    expect(said.stdout).toBe('hello\nhello\n');
  });

  it('has the Python binding of rpm, with the same database', async () => {
    const script =
      'import rpm; print(sum(1 for _ in rpm.TransactionSet().dbMatch()), rpm.expandMacro("%_libdir"))';
    const said = await inWorker(['/usr/bin/python3', '-c', script], { as: 'root' });
    expect(said.stdout.trim()).toBe(`${toolchain.worker.length} /usr/lib`);
  });

  it.each([
    'setup.py install --root=/tmp/root',
    'setup.py install --root=/tmp/root --prefix=/usr',
    'setup.py install --single-version-externally-managed --root=/tmp/root -O1',
    '-c import distutils.core as c; c.run_setup("plain.py", ["install", "--root=/tmp/root"])',
  ])('installs modules of Python where its macros say: python3 %s', async (line) => {
    const [option = '', ...rest] = line.startsWith('-c') ? ['-c', line.slice(3)] : line.split(' ');
    const script = [
      'rm -rf /tmp/root; mkdir -p ~/m; cd ~/m; echo x=1 >m.py',
      "echo \"from setuptools import setup; setup(name='m', version='1', py_modules=['m'])\" >setup.py",
      'sed s/setuptools/distutils.core/ setup.py >plain.py',
      'SETUPTOOLS_USE_DISTUTILS=$1; shift; export SETUPTOOLS_USE_DISTUTILS',
      'python3 -W ignore "$@" >log 2>&1 || { cat log; exit 1; }',
      'cd "/tmp/root$(rpm -E %python3_sitelib)"; ls -d m.py m*.egg-info; find /tmp/root -name m.py | wc -l',
    ].join('\n');
    for (const distutils of ['local', 'stdlib']) {
      const said = await inWorker(['bash', '-c', script, 'bash', distutils, option, ...rest]);
      expect(said.stdout).toMatch(/^m-1-py3\.\d+\.egg-info\nm\.py\n1\n$/);
    }
  });

  it('builds a package as the ordinary user, with the dependencies that rpm generates', async () => {
    const spec = await readFile(new URL('./probe.spec', import.meta.url), 'utf8');
    const script = [
      'cd /usr/src/azl && cat >probe.spec <<"END"',
      spec,
      'END',
      'rpmbuild -bb --define "_topdir /usr/src/azl" probe.spec >log 2>&1 || { cat log; exit 1; }',
      'cd RPMS/*; for r in *.rpm; do echo "== $r"; rpm -qp --provides "$r"; echo "-- requires"; rpm -qp --requires "$r"; done',
    ].join('\n');
    const said = (await inWorker(['sh', '-c', script])).stdout;
    for (const line of [
      'probe = 1.0-1',
      'libprobe.so.1()(64bit)',
      'pkgconfig(probe) = 1.0',
      'libc.so.6()(64bit)',
    ])
      expect(said).toContain(line);
    for (const line of ['perl(Probe::Sub) = 2.5', 'perl(Carp)', '/usr/bin/perl', '== probe-debuginfo-1.0-1'])
      expect(said).toContain(line);
    expect(said).toMatch(/python3\.\d+dist\(probe\) = 1/);
  });

  it('tells builds the folders of units and rules as lists of files name them', async () => {
    const rpms = ['systemd', 'systemd-udev'].map(
      (name) => toolchain.rpms.find((one) => one.name === name)?.file,
    );
    const script =
      'cd && for rpm; do rpm2archive -n <"/rpms/$rpm" | tar x; done; cat usr/share/pkgconfig/systemd.pc usr/share/pkgconfig/udev.pc';
    const said = await inWorker(['bash', '-c', script, 'bash', ...rpms.map(String)], {
      binds: [{ source: join(dir, 'RPMS'), target: '/rpms' }],
    });
    expect(said.stdout).toMatch(/^root_prefix=\/usr$/m);
    expect(said.stdout).toMatch(/^udev_dir=\/usr\/lib\/udev$/m);
  });

  it('has the compiler, the loader and the shell under their usual names', async () => {
    const names =
      'sh awk cc c++ which pkg-config perl python3 setpriv debugedit find-debuginfo m4 cpio patch xz zstd unzip gpg2 gpgv2';
    const host = '$(rpm --eval %_host)';
    const said = await inWorker([
      'sh',
      '-c',
      `for name in ${names} ${host}-gcc ${host}-g++; do command -v "$name" || echo "no $name"; done`,
    ]);
    expect(said.stdout).not.toContain('no ');
  });
});

describe('a converted package', () => {
  it('has the same bytes wherever and whenever it is made', async () => {
    const debsDir = join(cacheDir, 'debs');
    const lock = JSON.parse(await readFile(join(cacheDir, 'toolchain.lock'), 'utf8'));
    const debs = ['zlib1g', 'cpio'].map(
      (name) => lock.packages.find((one: { name: string }) => one.name === name).digest,
    );
    const standIn = {
      ...{
        name: 'zlib',
        epoch: 1,
        version: '1',
        release: '1',
        noarch: false,
        summary: '100% zlib',
        debs,
      },
      ...{ entries: [], provides: [], requires: [], ignoredRequires: [], scripts: '' },
    };
    const convert = async (name: string) => {
      const log = recordingLog();
      const options = { cacheDir: join(scratch, name), debsDir, arch: 'x86_64', jobs: 1, log };
      return { log, made: await convertAll([standIn, ...builtinPackages], options) };
    };
    const made = [...(await convert('one')).made, ...(await convert('two')).made];
    const digests = await Promise.all(made.map(async ({ path }) => await fileDigest(path)));
    expect(digests.slice(0, digests.length / 2)).toEqual(digests.slice(digests.length / 2));
    expect(made[0]?.rpm.provides).toContain('libz.so.1()(64bit)');
    // A link of Debian's alternatives, which no package holds: its script makes it.
    const listed = await runTool([
      'rpm',
      '-qp',
      '--qf',
      '[%{FILENAMES} %{FILEFLAGS:fflags}\n]',
      made[0]?.path ?? '',
    ]);
    expect(listed.stdout).toMatch(/^\/usr\/bin\/mt g$/m);
    await rm(join(scratch, 'two'), { recursive: true });

    // One that is damaged in the cache is said and made again; one that is whole is taken.
    const { path } = made[0] as (typeof made)[0];
    const bytes = await readFile(path);
    await writeFile(path, Buffer.alloc(bytes.length));
    const again = await convert('one');
    expect(again.log.lines).toEqual([
      `warning: ${path}, which stands for zlib, is damaged: it is made again`,
    ]);
    expect(await readFile(path)).toEqual(bytes);
    expect((await convert('one')).log.lines).toEqual([]);
  });
});

describe('a conversion', () => {
  const standIn = (name: string, scripts: string) => ({
    ...{ name, epoch: 0, version: '1', release: '1', noarch: true, summary: name, debs: [] },
    ...{ entries: [{ type: 'file' as const, path: `/usr/share/${name}`, text: name }], scripts },
    ...{ provides: [], requires: [], ignoredRequires: [] },
  });
  const convert = async (standIns: ReturnType<typeof standIn>[]) => {
    const options = { cacheDir: join(scratch, 'conversion'), debsDir: scratch, arch: 'x86_64', jobs: 1 };
    return await convertAll(standIns, { ...options, log: recordingLog() });
  };

  it('runs as an ordinary user who sees nothing of the host, whatever its packages make it run', async () => {
    const canary = join(scratch, 'canary');
    await writeFile(canary, 'safe');
    const asked = `%(id -u; ls -d ${scratch} /root /home /etc/passwd 2>&1 | grep -v cannot; echo hurt >${canary}; true)`;
    const [made] = await convert([standIn('curious', `%post\n: ${asked} .`)]);
    const { stdout } = await runTool(['rpm', '-qp', '--nosignature', '--scripts', made?.path ?? '']);
    expect(stdout).toContain(`: ${builder.uid} .`);
    expect(await readFile(canary, 'utf8')).toBe('safe');
  });

  it('of several packages names the one that fails, and keeps nothing of its batch', async () => {
    const failed = convert([standIn('fine', ''), standIn('broken', '%nonsense(')]);
    await expect(failed).rejects.toThrow(/rpmbuild of broken failed/);
    expect(
      (await readdir(join(scratch, 'conversion'))).filter(
        (name) => !name.match(/^[0-9a-f]{64}\.(rpm|json)$/),
      ),
    ).toEqual([]);
  });
});

describe('batches of conversions', () => {
  it('begin with the largest, are bounded, and put what is too large for memory on the disk', async () => {
    const debs = join(scratch, 'sized');
    await mkdir(debs);
    const standIn = async (name: string, bytes: number) => {
      await writeFile(join(debs, `${name}.deb`), '');
      await truncate(join(debs, `${name}.deb`), bytes);
      return { ...(builtinPackages[0] as (typeof builtinPackages)[0]), name, debs: [name] };
    };
    const small = await Promise.all(Array.from({ length: 60 }, (_, index) => standIn(`s${index}`, 1000)));
    const others = [await standIn('huge', 41e6), await standIn('large', 19e6), await standIn('medium', 2e6)];
    const batches = await batchesOf([...small, ...others], debs, 1);
    expect(batches.map(({ standIns, isLarge }) => [standIns[0]?.name, standIns.length, isLarge])).toEqual([
      ['huge', 1, true],
      ['large', 1, false],
      ['medium', 24, false],
      [expect.stringMatching(/^s/), 24, false],
      [expect.stringMatching(/^s/), 13, false],
    ]);
    expect((await batchesOf(small, debs, 4)).map(({ standIns }) => standIns.length)).toEqual(
      Array(7).fill(8).concat(4),
    );
    expect(await batchesOf([], debs, 2)).toEqual([]);
  });
});

describe('the lock', () => {
  it('names a version that neither mirror nor cache has, and how to update the lock', async () => {
    const own = join(scratch, 'stale');
    await mkdir(own);
    const lock = JSON.parse(await readFile(join(cacheDir, 'toolchain.lock'), 'utf8'));
    lock.packages = lock.packages.filter((one: { name: string }) => one.name === 'hostname');
    lock.packages[0] = { ...lock.packages[0], version: '0.0.1', digest: 'a'.repeat(64) };
    await writeFile(join(own, 'toolchain.lock'), JSON.stringify(lock));
    const failed = prepareToolchain({
      ...options,
      dir: join(own, 'toolchain'),
      cacheDir: own,
      log: recordingLog(),
    });
    await expect(failed).rejects.toThrow(/hostname 0\.0\.1.*make -C \.\.\/azl toolchain UPDATE_LOCK=1/);
  });
});
