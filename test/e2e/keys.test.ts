import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import { type BundleRun, type Inputs, runBundle } from '../support/bundle.ts';
import { bumpRelease } from '../support/edits.ts';
import { elsewhere } from '../support/elsewhere.ts';
import { type TinyPackage, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

/** A package without code that installs one file, which `install` writes as `answer`. */
const little = (name: string, more: string, install: string): string => `Summary: x
Name: ${name}
Version: 1.0
Release: 1%{?dist}
License: MIT
BuildArch: noarch
${more}
%description
x
%install
${install}
install -D -m 644 answer %{buildroot}%{_datadir}/${name}/answer
%files
%{_datadir}/${name}
`;

/** Everything of the machine that a build might ask for and that is the same on all. */
const curious = `set +x
{
cat /proc/self/limits /proc/self/cgroup; umask; grep ^Sig[BI] /proc/self/status; ls /proc/self/fd /sys /dev /azl; id
hostname || cat /proc/sys/kernel/hostname; env | grep -v ^RPM_ | sort; date +%%Z; locale 2>/dev/null; pwd; tty; ulimit -a
} > answer 2>&1 || true`;

const packages = (): Record<string, TinyPackage> => ({
  lib: { spec: little('lib', '', 'echo lib > answer') },
  asker: {
    spec: little('asker', 'Source0: ask.sh\nBuildRequires: lib', 'sh %{SOURCE0} > answer'),
    sources: { 'ask.sh': 'rpm -q lib\nrpm -q --qf "%{RELEASE} %{BUILDTIME}\\n" --changelog lib\n' },
  },
  tagged: {
    spec: little('tagged', 'Source0: tag.inc\n%include %{SOURCE0}', 'echo %{tag_of_this} > answer'),
    sources: { 'tag.inc': '%global tag_of_this made%{?dist}\n' },
  },
  curious: { spec: little('curious', '', curious) },
});

const published = ['out/RPMS', 'out/SRPMS'];
const workspaces: string[] = [];
let toolchainDir: string;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
});
afterAll(async () => {
  for (const dir of workspaces) await removeWorkspace(dir);
});

async function workspace(tree: Record<string, TinyPackage> = packages()): Promise<string> {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), tree);
  return dir;
}

async function build(dir: string, inputs: Inputs = {}, before: readonly string[] = []): Promise<BundleRun> {
  const run = await runBundle('build-packages', { 'toolchain-dir': toolchainDir, ...inputs }, dir, before);
  expect(run.code, run.said).toBe(0);
  return run;
}

/** The digest of what a package's build wrote into `answer`. */
async function answerOf(dir: string, file: string): Promise<string> {
  const path = join(dir, 'out/RPMS/noarch', `${file}.noarch.rpm`);
  const { stdout } = await runTool(['rpm', '-qp', '--qf', '[%{FILENAMES} %{FILEDIGESTS}\n]', path]);
  return /answer (\S+)/.exec(stdout)?.[1] ?? '';
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

describe('what a build could see is in its key, or it cannot see it', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await workspace();
    await build(dir);
  });

  /** Builds the same tree in an empty workspace, on another machine. */
  async function clean(inputs: Inputs = {}): Promise<Record<string, string>> {
    const other = await workspace();
    for (const name of Object.keys(packages())) {
      const path = join('SPECS', name, `${name}.spec`);
      writeFileSync(join(other, path), readFileSync(join(dir, path)));
    }
    await build(other, inputs, elsewhere);
    return digests(other, published);
  }

  it('shows a constant to a script among the sources that asks rpm for a release', async () => {
    const seen = digestOf('lib-1.0-99999999.hidden.noarch\n99999999.hidden (none)\n');
    expect(await answerOf(dir, 'asker-1.0-1.azl3')).toBe(seen);
    bumpRelease('lib').apply(dir, '');
    await build(dir);
    expect(statesOf(dir)).toEqual({ lib: 'built', asker: 'reused', tagged: 'reused', curious: 'reused' });
    expect(digests(dir, published)).toEqual(await clean());
  });

  it('shows the release to a release-aware package, and builds it again for each one', async () => {
    const inputs = { 'release-aware-packages': 'asker' };
    await build(dir, inputs);
    expect(statesOf(dir)).toMatchObject({ lib: 'reused', asker: 'built', tagged: 'reused' });
    const second = await answerOf(dir, 'asker-1.0-1.azl3');
    bumpRelease('lib').apply(dir, '');
    const run = await build(dir, inputs);
    expect(statesOf(dir)).toMatchObject({ lib: 'built', asker: 'built', tagged: 'reused' });
    expect(run.summary).toMatch(/^\| asker \S+ \| built \| file of a dependency changed: lib \|/m);
    expect(await answerOf(dir, 'asker-1.0-1.azl3')).not.toBe(second);
    expect(digests(dir, published)).toEqual(await clean(inputs));
  });

  it('builds again, for another dist-tag, what names it in an included source', async () => {
    const inputs = { 'dist-tag': '.azl9' };
    await build(dir, inputs);
    expect(statesOf(dir)).toMatchObject({ tagged: 'built' });
    expect(await answerOf(dir, 'tagged-1.0-1.azl9')).toBe(digestOf('made.azl9\n'));
    expect(digests(dir, published)).toEqual(await clean(inputs));
  });
});

it('is built again when a file beside its spec may be executed; a build may move it, for itself alone', async () => {
  const script = { 'run.sh': '#!/bin/sh\necho executed\n' };
  const lines = `if test -x %{SOURCE0}; then %{SOURCE0}; else echo plain; fi > answer
mv %{SOURCE0} %{SOURCE0}.moved; ls %{_sourcedir} >> answer`;
  const dir = await workspace({ runs: { spec: little('runs', 'Source0: run.sh', lines), sources: script } });
  const end = 'run.sh.moved\n';
  const seen = async () => (await answerOf(dir, 'runs-1.0-1.azl3')) as string;
  await build(dir);
  const plain = await seen();
  chmodSync(join(dir, 'SPECS/runs/run.sh'), 0o755);
  const run = await build(dir);
  expect(run.summary).toMatch(/^\| runs \S+ \| built \| executable file changed: new run.sh \|/m);
  expect([plain, await seen()]).toEqual([`plain\n${end}`, `executed\n${end}`].map(digestOf));
  const srpm = join(dir, 'out/SRPMS/runs-1.0-1.azl3.src.rpm');
  const { stdout } = await runTool(['rpm', '-qp', '--qf', '[%{FILENAMES} %{FILEMODES:perms}\n]', srpm]);
  expect(stdout).toContain('run.sh -rwxr-xr-x');
  expect(statSync(join(dir, 'SPECS/runs/run.sh')).mode & 0o777).toBe(0o755);
});

it('is the same on a machine with other limits, umask, cores, nice level, host name, home and time zone', async () => {
  const tree = { ...tinyPackages(), curious: packages()['curious'] as TinyPackage };
  const [here, there] = [await workspace(tree), await workspace(tree)];
  await build(here);
  await build(there, { 'concurrent-package-builds': '2' }, elsewhere);
  expect(digests(there, published)).toEqual(digests(here, published));
});

it('knows no package that is not in the tree', async () => {
  const inputs = { 'toolchain-dir': toolchainDir, 'release-aware-packages': 'askr lib' };
  const run = await runBundle('build-packages', inputs, await workspace());
  expect(run.code).toBe(1);
  expect(run.said).toContain("Input 'release-aware-packages' names 'askr'");
  expect(run.said).toContain("Nearest: 'asker'.");
});
