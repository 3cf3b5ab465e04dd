import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRun, type Inputs, runBundle } from '../support/bundle.ts';
import { type TinyPackage, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS'];
const workspaces: string[] = [];
let toolchainDir: string;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
afterAll(async () => {
  for (const dir of workspaces) await removeWorkspace(dir);
});

async function workspaceWith(packages: Record<string, TinyPackage>): Promise<string> {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), packages);
  return dir;
}

async function build(dir: string, inputs: Inputs = {}): Promise<BundleRun> {
  return await runBundle('build-packages', { 'toolchain-dir': toolchainDir, ...inputs }, dir);
}

/** Changes one file of a made-up package, keeping its tarball and signatures right. */
async function edit(dir: string, name: string, change: (one: TinyPackage) => void): Promise<void> {
  const packages = tinyPackages();
  const one = packages[name] as TinyPackage;
  change(one);
  rmSync(join(dir, 'SPECS', name), { recursive: true, force: true });
  await writeTree(join(dir, 'SPECS'), { [name]: one });
}

describe('a tree of packages', () => {
  let dir: string;
  let first: Record<string, string>;

  beforeAll(async () => {
    dir = await workspaceWith(tinyPackages());
    const run = await build(dir);
    expect(run.said).toContain('5 built');
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ built: '5', reused: '0', failed: '0', blocked: '0', left: '0' });
    expect(run.outputs['cache-hit']).toBe('false');
    expect(run.summary).toMatch(/^\| gamma \S+ \| built \| never built before \|/m);
    first = digests(dir, published);
  });

  it('is published with metadata, and builds what its sources say', async () => {
    const files = Object.keys(first);
    expect(files.filter((path) => path.endsWith('.src.rpm'))).toHaveLength(5);
    expect(files).toContain('out/RPMS/x86_64/gamma-1.0-1.azl3.x86_64.rpm');
    expect(files).toContain('out/RPMS/noarch/delta-1.0-1.azl3.noarch.rpm');
    expect(files).toContain('out/RPMS/repodata/repomd.xml');
  });

  it('is reused whole when nothing changed, with the same bytes', async () => {
    const run = await build(dir);
    expect(run.code).toBe(0);
    expect(run.outputs).toMatchObject({ built: '0', reused: '5', 'cache-hit': 'true' });
    expect(digests(dir, published)).toEqual(first);
  });

  it('comes out the same from an empty store, elsewhere, one package at a time', async () => {
    const other = await workspaceWith(tinyPackages());
    expect((await build(other, { 'concurrent-package-builds': '1' })).code).toBe(0);
    expect(digests(other, published)).toEqual(first);
  });

  it('builds one package alone for a comment in its spec, and for a new Release, which ships', async () => {
    appendFileSync(join(dir, 'SPECS/alpha/alpha.spec'), '# a comment\n');
    const commented = await build(dir);
    expect(commented.outputs).toMatchObject({ built: '1', reused: '4' });
    expect(commented.summary).toMatch(/^\| alpha \S+ \| built \| spec changed \|/m);
    await edit(dir, 'alpha', (one) => {
      one.spec = one.spec.replace('Release:        1', 'Release:        2');
    });
    expect((await build(dir)).outputs).toMatchObject({ built: '1', reused: '4' });
    const rpms = readdirSync(join(dir, 'out/RPMS/x86_64')).filter((name) => name.startsWith('alpha'));
    expect(rpms).toEqual(['alpha-1.0-2.azl3.x86_64.rpm', 'alpha-devel-1.0-2.azl3.x86_64.rpm']);
    await edit(dir, 'alpha', () => {});
    expect((await build(dir)).outputs).toMatchObject({ built: '0', reused: '5' });
    expect(digests(dir, published)).toEqual(first);
  });

  it('stops at a C comment, and goes on through a changed #define to those that see it', async () => {
    await edit(dir, 'alpha', (one) => {
      (one.sources as Record<string, string>)['alpha.c'] += '/* only a comment */\n';
    });
    expect((await build(dir)).outputs).toMatchObject({ built: '1', reused: '4' });
    await edit(dir, 'alpha', (one) => {
      const sources = one.sources as Record<string, string>;
      sources['alpha.h'] = (sources['alpha.h'] as string).replace('10', '11');
    });
    expect((await build(dir)).code).toBe(0);
    expect(statesOf(dir)).toEqual({
      alpha: 'built',
      beta: 'built',
      delta: 'reused',
      gamma: 'built',
      'tiny-macros': 'reused',
    });
    await edit(dir, 'alpha', () => {});
    await build(dir);
    expect(digests(dir, published)).toEqual(first);
  });

  it('plans the same without building: what is certain, what waits for it', async () => {
    const planned = await workspaceWith(tinyPackages());
    const inputs = { 'toolchain-dir': toolchainDir };
    const { outputs } = await runBundle('build-packages/plan', inputs, planned);
    expect(outputs).toMatchObject({ 'build-count': '2', 'cache-hit': 'false' });
    const plan = JSON.parse(readFileSync(join(planned, 'out/plan.json'), 'utf8'));
    const rows = plan.packages.map(
      (one: { name: string; state: string; key: string | null; waitsFor: string[] }) => [
        one.name,
        one.state,
        one.key === null,
        one.waitsFor,
      ],
    );
    expect(rows).toEqual([
      ['alpha', 'maybe', true, ['tiny-macros']],
      ['beta', 'maybe', true, ['alpha']],
      ['delta', 'build', false, []],
      ['gamma', 'maybe', true, ['beta', 'tiny-macros']],
      ['tiny-macros', 'build', false, []],
    ]);
    expect(existsSync(join(planned, 'out/RPMS'))).toBe(false);
  });

  it('builds a list with what it needs, by RPM names too, and no more', async () => {
    const some = await workspaceWith(tinyPackages());
    expect((await build(some, { 'package-build-list': 'beta-devel' })).code).toBe(0);
    expect(Object.keys(statesOf(some))).toEqual(['alpha', 'beta', 'tiny-macros']);
  });

  it('publishes again what somebody changed in the output, also where its size is the same', async () => {
    const path = join(dir, 'out/RPMS/noarch/delta-1.0-1.azl3.noarch.rpm');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(path, bytes);
    expect((await build(dir)).outputs).toMatchObject({ built: '0', reused: '5' });
    expect(digests(dir, published)).toEqual(first);
  });

  it('packs the SRPMs alone, each in its current release only', async () => {
    const own = await workspaceWith(tinyPackages());
    const pack = async () => await runBundle('build-packages/srpms', { 'toolchain-dir': toolchainDir }, own);
    const found = () => readdirSync(join(own, 'out/SRPMS')).sort();
    expect((await pack()).code).toBe(0);
    expect(found()).toHaveLength(5);
    await edit(own, 'alpha', (one) => {
      one.spec = one.spec.replace('Release:        1', 'Release:        2');
    });
    expect((await pack()).code).toBe(0);
    expect(found()).toHaveLength(5);
    expect(found()[0]).toBe('alpha-1.0-2.azl3.src.rpm');
    rmSync(join(own, 'SPECS/delta'), { recursive: true });
    expect((await pack()).code).toBe(0);
    expect(found()).not.toContain('delta-1.0-1.azl3.src.rpm');
  });

  it('says that a stored result is damaged, and builds it again', async () => {
    const results = join(dir, 'build/cache/store/results');
    const damaged = (readdirSync(results, { recursive: true }) as string[]).find((name) =>
      /\/delta-.*noarch\.rpm$/.test(name),
    );
    writeFileSync(join(results, damaged as string), 'not an RPM');
    const run = await build(dir);
    expect(run.said).toMatch(/stored result of delta .* is damaged/);
    expect(run.outputs).toMatchObject({ built: '1', reused: '4' });
    expect(run.summary).toMatch(/^\| delta \S+ \| built \| its result is not in the store any more \|/m);
    expect(digests(dir, published)).toEqual(first);
    const manifest = join(results, damaged as string, '../result.json');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('"outputDigest": "', '"outputDigest": "0'),
    );
    const again = await build(dir);
    expect(again.said).toMatch(/stored result of delta .* is damaged: result\.json/);
    expect(again.outputs).toMatchObject({ built: '1', reused: '4' });
  });

  it('fails one package and blocks what needs it, while the rest is built; then goes on from there', async () => {
    await edit(dir, 'beta', (one) => {
      (one.sources as Record<string, string>)['beta.c'] += 'this is no C\n';
    });
    const run = await build(dir);
    expect(run.code).toBe(1);
    expect(statesOf(dir)).toMatchObject({
      alpha: 'reused',
      beta: 'failed',
      gamma: 'blocked',
      delta: 'reused',
    });
    expect(run.said).toContain('beta.c');
    expect(run.said).toContain('make -C ../azl shell PACKAGE=beta');
    expect(existsSync(join(dir, 'build/roots/beta/upper'))).toBe(true);
    expect(existsSync(join(dir, 'out/RPMS/x86_64/beta-1.0-1.azl3.x86_64.rpm'))).toBe(false);
    await edit(dir, 'beta', () => {});
    expect((await build(dir)).code).toBe(0);
    expect(digests(dir, published)).toEqual(first);
  });

  it('names a file of %files that is not there, and what is there; its scripts can open /dev/stderr', async () => {
    const files = 'install -D /dev/null %{buildroot}/usr/share/lost/Data.txt.gz';
    const own = await workspaceWith({
      lost: {
        spec: `Summary: x\nName: lost\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\n%description\nx\n%prep\n%setup -q -T -c\ntouch COPYING\necho words >/dev/stderr\n%install\n${files}\n%files\n%license COPYING\n/usr/share/lost/data.txt\n`,
      },
    });
    const { code, said } = await build(own);
    expect(code).toBe(1);
    expect(said).toContain(
      '✗ lost: %files: 1 file not found\n' +
        '    File not found: /usr/share/lost/data.txt\n' +
        '    /usr/share/lost/data.txt is not there. Of that name: /usr/share/lost/Data.txt.gz\n',
    );
  });

  it('runs %check apart from the RPMs, shows a failed one, and fails the run for it', async () => {
    const run = await build(dir, { 'run-check': 'y' });
    expect(run.code).toBe(0);
    expect(run.said).toContain('alpha: %check passed');
    expect(digests(dir, published)).toEqual(first);
    const again = await build(dir, { 'run-check': 'y' });
    expect(again.said).not.toContain('%check passed');
    const broken = await workspaceWith(tinyPackages());
    await edit(broken, 'alpha', (one) => {
      one.spec = one.spec.replace('_number() != ', '_number() == ');
    });
    const failed = await build(broken, { 'run-check': 'y', 'package-build-list': 'alpha' });
    expect(failed.code).toBe(1);
    expect(failed.said).toContain('alpha: %check failed');
    expect(failed.said).toMatch(/^ {4}next: make -C \.\.\/azl shell PACKAGE=alpha/m);
    expect(failed.said).toMatch(/1 %check failed in /);
    expect(readFileSync(join(broken, 'build/roots/alpha/kept.json'), 'utf8')).toContain('-bi');
    expect(statesOf(broken)).toMatchObject({ alpha: 'built' });
  });

  it('leaves no mounts and no processes', () => {
    for (const one of workspaces) expect(leftBehind(one)).toEqual([]);
  });
});

describe('hostile packages', () => {
  const hostile = (build: string, more = ''): Record<string, TinyPackage> => ({
    evil: {
      spec: `Summary: x\nName: evil\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\n${more}\n%description\nx\n%build\n${build}\n%install\nmkdir -p %{buildroot}/usr/share/evil\n%files\n/usr/share/evil\n`,
    },
  });

  it('see no token and none of our environment in a build', async () => {
    const dir = await workspaceWith(hostile('env; cat /proc/*/environ | tr "\\0" "\\n" || :'));
    const run = await build(dir);
    const log = readFileSync(join(dir, 'build/logs/evil.log'), 'utf8');
    expect(run.code).toBe(0);
    for (const text of [log, run.said])
      expect(text).not.toMatch(/a-token-that-nobody|GITHUB_|INPUT_|ACTIONS_/);
    expect(log).toContain('SOURCE_DATE_EPOCH=');
  });

  it('cannot reach a listener on the loopback of the host', async () => {
    let visitors = 0;
    const server = createServer((socket) => {
      visitors++;
      socket.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const knock = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' && echo REACHED || echo SHUT`;
      const dir = await workspaceWith(hostile(knock));
      await build(dir);
      const log = readFileSync(join(dir, 'build/logs/evil.log'), 'utf8');
      expect(log).toMatch(/^SHUT$/m);
      expect(log).not.toMatch(/^REACHED$/m);
      expect(visitors).toBe(0);
    } finally {
      server.close();
    }
  });

  it('give the runner no commands by what they print', async () => {
    const dir = await workspaceWith(
      hostile('exec 2>&1\necho "error: ##[add-mask]azl"\necho "  ::stop-commands::x"\nexit 1'),
    );
    const run = await build(dir);
    const obeyed = run.said.split('\n').filter((line) => /^\s*::|##\[/.test(line));
    expect(run.said).toContain('│       ::stop-commands::x');
    expect(obeyed.filter((line) => !/^::(group|endgroup|error|warning)[ :]/.test(line))).toEqual([]);
  });

  it('cannot put anything but RPMs among the RPMs', async () => {
    const dir = await workspaceWith(
      hostile(
        'mkdir -p /usr/src/azl/RPMS/noarch; ln -s /etc/passwd /usr/src/azl/RPMS/noarch/stolen-1-1.noarch.rpm',
      ),
    );
    const run = await build(dir);
    expect(run.code).toBe(1);
    expect(run.said).toContain('no RPMs among its RPMs');
    expect(run.said).toMatch(/log: build\/logs\/evil\.log\n {4}next: .* shell PACKAGE=evil/);
  });

  it('touch nothing outside while they are parsed', async () => {
    const dir = await workspaceWith(
      hostile('true', '%global x %(touch /specs/evil/touched; touch /tmp/azl-evil)'),
    );
    mkdirSync(join(dir, 'out'), { recursive: true });
    await build(dir);
    expect(existsSync(join(dir, 'SPECS/evil/touched'))).toBe(false);
    expect(existsSync('/tmp/azl-evil')).toBe(false);
  });
});
