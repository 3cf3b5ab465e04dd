import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlanJson } from '../../src/shared/planner/plan-json.ts';
import { type BundleRun, type Inputs, runBundle } from '../support/bundle.ts';
import { SharedRun } from '../support/shards.ts';
import { tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

let toolchainDir: string;
let dir: string;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
afterEach(async () => {
  await removeWorkspace(dir);
});

const plain = (name: string, more = '') =>
  `Summary: x\nName: ${name}\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\n${more}\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/share/${name}\n%files\n/usr/share/${name}\n`;

/** Writes files below SPECS of a new workspace. */
function layOut(files: Record<string, string>): void {
  dir = newWorkspace();
  mkdirSync(join(dir, 'SPECS'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, 'SPECS', path, '..'), { recursive: true });
    writeFileSync(join(dir, 'SPECS', path), text);
  }
}

/** Writes files below SPECS and runs the build with strict-specs; nothing may be built. */
async function refused(files: Record<string, string>, inputs: Inputs = {}): Promise<BundleRun> {
  layOut(files);
  const strict = { 'toolchain-dir': toolchainDir, 'strict-specs': 'true' };
  const run = await runBundle('build-packages', { ...strict, ...inputs }, dir);
  expect(run.code, run.said).toBe(1);
  expect(run.said).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(run.said).not.toContain('building (');
  expect(existsSync(join(dir, 'out/RPMS'))).toBe(false);
  return run;
}

const digest = 'a'.repeat(64);

describe('each fault gets one clear message before anything is built', () => {
  it.each<[string, Record<string, string>, Inputs, RegExp[]]>([
    ['an empty folder', { '.keep': '' }, {}, [/SPECS/, /spec/i]],
    [
      'no folder',
      {},
      { 'specs-dir': 'SPECZ' },
      [/'specs-dir' \(SPECS_DIR\) is 'SPECZ', which does not exist/],
    ],
    [
      'a bad variable',
      { 'a/a.spec': plain('a') },
      { 'run-check': 'perhaps' },
      [/'run-check' \(RUN_CHECK\) is 'perhaps', expected true or false/],
    ],
    [
      'a bad number',
      { 'a/a.spec': plain('a') },
      { 'concurrent-package-builds': '0' },
      [/CONCURRENT_PACKAGE_BUILDS.*'0'.*at least 1/],
    ],
    [
      'an unknown package',
      { 'a/apple.spec': plain('apple') },
      { 'package-build-list': 'aple' },
      [/'aple', which is neither a spec nor an RPM.*Nearest: 'apple'/],
    ],
    [
      'a spec that does not parse',
      { 'a/a.spec': plain('a', '%if 1\n') },
      {},
      [/file=SPECS\/a\/a\.spec/, /SPECS\/a\/a\.spec:\d+/],
    ],
    [
      'a spec without a name',
      { 'a/a.spec': plain('a').replace('Name: a\n', '') },
      {},
      [/SPECS\/a\/a\.spec.*Name/],
    ],
    [
      'two specs of one base name',
      { 'a/a.spec': plain('a'), 'b/a.spec': plain('b') },
      {},
      [/SPECS\/a\/a\.spec/, /SPECS\/b\/a\.spec/],
    ],
    [
      'two specs that make one RPM',
      { 'a/a.spec': plain('same'), 'b/b.spec': plain('same') },
      {},
      [/same-1-1\.noarch\.rpm/],
    ],
    [
      'an unknown BuildRequires',
      { 'a/a.spec': plain('a', 'BuildRequires: zlib-devl') },
      {},
      [
        /SPECS\/a\/a\.spec:7: BuildRequires 'zlib-devl' is provided by nothing\. Nearest: 'zlib-devel' \(toolchain\)\. Needed by: a\./,
      ],
    ],
    [
      'an unsatisfiable version',
      { 'a/a.spec': plain('a', 'BuildRequires: b > 5'), 'b/b.spec': plain('b') },
      {},
      [/'b > 5' is provided by nothing\. There is b 1-1 \(b\)/],
    ],
    [
      'a cycle',
      { 'a/a.spec': plain('a', 'BuildRequires: b'), 'b/b.spec': plain('b', 'BuildRequires: a') },
      {},
      [/dependency cycle: building a needs b; building b needs a/],
    ],
    [
      'a missing signature',
      { 'a/a.spec': plain('a', 'Source0: x.txt'), 'a/x.txt': 'x' },
      {},
      [/a\.signatures\.json: Source0 'x\.txt' has no entry/, /make -C \.\.\/azl signatures PACKAGE=a/],
    ],
    [
      'signatures that are no JSON',
      { 'a/a.spec': plain('a'), 'a/a.signatures.json': '{\n "Signatures" {}}' },
      {},
      [/SPECS\/a\/a\.signatures\.json:2:15: This is not JSON/],
    ],
    [
      'a wrong digest',
      {
        'a/a.spec': plain('a', 'Source0: x.txt'),
        'a/x.txt': 'x',
        'a/a.signatures.json': `{"signatures": {"x.txt": "${digest}"}}`,
      },
      {},
      [new RegExp(`SHA-256 is 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881.*${digest}`)],
    ],
    [
      'a missing patch',
      { 'a/a.spec': plain('a', 'Patch0: fix.patch') },
      {},
      [/Patch0 'fix\.patch' is nowhere to be found/],
    ],
  ])('%s', async (_name, files, inputs, expected) => {
    const { said } = await refused(files, inputs);
    for (const pattern of expected) expect(said).toMatch(pattern);
  });

  it('tells what builds have shown at its line, and at once with what specs show', async () => {
    dir = newWorkspace();
    const app = '%global what gone\nBuildRequires: pkgconfig(tool2)\n';
    const specs = join(dir, 'SPECS');
    await writeTree(specs, { app: { spec: plain('app', app) }, tool: { spec: plain('tool') } });
    const build = (inputs: Inputs = {}) =>
      runBundle('build-packages', { 'toolchain-dir': toolchainDir, ...inputs }, dir);
    const at = (line: number, what: string) =>
      `::error file=SPECS/app/app.spec,line=${line}::SPECS/app/app.spec:${line}: BuildRequires '${what}' is provided by nothing`;
    const first = await build();
    expect(first.said).toContain('tool: building (');
    expect(first.said).toContain(at(8, 'pkgconfig(tool2)'));
    const more = `${app}BuildRequires: perl(No::Such)\nBuildRequires: %{what}-tools`;
    await writeTree(specs, { app: { spec: plain('app', more) } });
    const { said, code } = await build({ 'strict-specs': 'true' });
    expect(code).toBe(1);
    for (const one of [at(8, 'pkgconfig(tool2)'), at(9, 'perl(No::Such)'), at(10, 'gone-tools')])
      expect(said).toContain(one);
  }, 300_000);

  it('tells the faults of all specs at once', async () => {
    const { said } = await refused({
      'a/a.spec': plain('a', 'BuildRequires: nowhere-a'),
      'b/b.spec': plain('b', 'Source0: x.txt\nBuildRequires: nowhere-b'),
    });
    for (const word of ['nowhere-a', 'nowhere-b', 'x.txt']) expect(said).toContain(word);
  });
});

describe('a tree with bad specs', () => {
  const bad = {
    'good/good.spec': plain('good'),
    'torn/torn.spec': plain('torn', '%if 1\n'),
    'user/user.spec': plain('user', 'BuildRequires: torn'),
    'astray/astray.spec': plain('astray', 'BuildRequires: zlib-devl'),
    'a/a.spec': plain('a', 'BuildRequires: b'),
    'b/b.spec': plain('b', 'BuildRequires: a'),
    'unsigned/unsigned.spec': plain('unsigned', 'Source0: x.txt'),
    'unsigned/x.txt': 'x',
    'one/one.spec': plain('same'),
    'two/two.spec': plain('same'),
  };
  const states = {
    ...{ good: 'built', torn: 'failed', user: 'blocked', astray: 'failed', a: 'failed', b: 'failed' },
    ...{ unsigned: 'failed', one: 'failed', two: 'failed' },
  };
  const errors = [
    '::error file=SPECS/torn/torn.spec,line=',
    '::error file=SPECS/astray/astray.spec,line=7::',
    'dependency cycle: building a needs b; building b needs a',
    "Source0 'x.txt' has no entry",
    'this spec makes same-1-1.src.rpm which SPECS/one/one.spec makes, too',
  ];

  it('is built without them and what needs them, and the run fails at its end', async () => {
    layOut(bad);
    const inputs = { 'toolchain-dir': toolchainDir };
    const run = await runBundle('build-packages', inputs, dir);
    expect(run.code).toBe(1);
    expect(statesOf(dir)).toEqual(states);
    for (const one of errors) expect(run.said).toContain(one);
    expect(run.summary).toContain('needs what may be provided by torn, which does not parse');
    const planned = await runBundle('build-packages/plan', inputs, dir);
    expect(planned.code).toBe(1);
    for (const one of errors) expect(planned.said).toContain(one);
    expect(planned.said).toMatch(
      /0 to build, 0 decided on the way, 7 cannot be built, 1 blocked by these, 1 reused/,
    );
    const { packages } = JSON.parse(readFileSync(join(dir, 'out/plan.json'), 'utf8')) as PlanJson;
    const kinds = packages.map(({ name, state, kind, line }) => `${name} ${state} ${kind} ${line}`);
    expect(kinds).toContain('astray failed requirement 7');
    expect(kinds).toContain('user blocked null null');
    expect(kinds).toContain('one failed clash null');
    // What a list names, and what that needs, is an error before anything is built.
    const named = await runBundle('build-packages', { ...inputs, 'package-build-list': 'user' }, dir);
    expect(named.code).toBe(1);
    expect(named.said).toContain('::error file=SPECS/torn/torn.spec,line=');
    expect(named.said).not.toContain('zlib-devl');
  });

  it('is the same for all jobs of a run: shards build the rest, and merge fails', async () => {
    layOut(bad);
    const run = new SharedRun(dir, { 'toolchain-dir': toolchainDir });
    const { shards, merge } = await run.whole(1);
    for (const one of shards) expect(one.code, one.said).toBe(0);
    expect(merge.code).toBe(1);
    expect(statesOf(run.merged())).toEqual(states);
    for (const one of errors) expect(merge.said).toContain(one);
    expect(leftBehind(dir)).toEqual([]);
  });
});

describe('a source that nobody has', () => {
  it('fails its package alone and tells where it was looked for', async () => {
    dir = newWorkspace();
    await writeTree(join(dir, 'SPECS'), tinyPackages());
    rmSync(join(dir, 'SPECS/delta/delta.txt'));
    const run = await runBundle(
      'build-packages',
      { 'toolchain-dir': toolchainDir, 'package-build-list': 'tiny-macros delta' },
      dir,
    );
    expect(run.code).toBe(1);
    expect(run.said).toContain(
      "Source0 'delta.txt' is nowhere to be found. Looked in the folder of the spec",
    );
    expect(run.outputs).toMatchObject({ built: '1', failed: '1' });
  });
});
