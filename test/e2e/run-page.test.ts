import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchArtifact } from '../../src/shared/github/artifacts/fetch.ts';
import { type Services, startServices } from '../services/server.ts';
import { type BundleRun, type Inputs, runBundle } from '../support/bundle.ts';
import { SharedRun } from '../support/shards.ts';
import { type TinyPackage, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

const before = { ...process.env };
const sha = 'c'.repeat(40);
const address = 'https://github.com/me/distro';
const dir = newWorkspace();
let services: Services;
let run: SharedRun;
let pages: { plan: BundleRun; shard: BundleRun; merge: BundleRun };

/** A package with one file, whose `%build` runs these lines. */
const packageOf = (name: string, build: string, tags = ''): Record<string, TinyPackage> => ({
  [name]: {
    spec: `Summary: x
Name: ${name}
Version: 668
Release: 1%{?dist}
License: MIT
BuildArch: noarch
${tags}
%description
x
%build
${build}
%install
install -d %{buildroot}/usr/share/${name}
%files
/usr/share/${name}
`,
  },
});

beforeAll(async () => {
  services = await startServices();
  const known: Inputs = { 'toolchain-dir': (await testWorker()).dir, 'cache-dir': join(dir, 'cache') };
  await writeTree(join(dir, 'SPECS'), packageOf('old', 'true'));
  const first = await runBundle('build-packages', known, dir);
  expect(first.code, first.said).toBe(0);
  const inputs: Inputs = { ...known, 'package-limits': 'greedy: seconds=2' };
  await writeTree(join(dir, 'SPECS'), {
    ...packageOf('old', 'true'),
    ...packageOf('plain', 'true'),
    ...packageOf('broken', 'echo "error: this is why" >&2; false'),
    ...packageOf('needs-broken', 'true', 'BuildRequires: broken'),
    ...packageOf('greedy', 'sleep 60'),
    ...packageOf('sourceless', 'true', 'Source0: https://127.0.0.1:1/sourceless.tar.gz'),
  });
  const signatures = { Signatures: { 'sourceless.tar.gz': 'a'.repeat(64) } };
  writeFileSync(join(dir, 'SPECS/sourceless/sourceless.signatures.json'), JSON.stringify(signatures));
  const variables = { GITHUB_ACTIONS: 'true', GITHUB_SHA: sha };
  run = new SharedRun(dir, inputs, services, undefined, variables);
  const plan = await run.plan(1, inputs);
  expect(plan.code, plan.said).toBe(0);
  const shard = await run.shard(1).ended;
  pages = { plan, shard, merge: await run.merge() };
});
afterAll(async () => {
  process.env = before;
  await services.close();
  await removeWorkspace(dir);
});

const spec = (name: string, line = '') => `${address}/blob/${sha}/SPECS/${name}/${name}.spec${line}`;
/** The part of a page about one failure. */
const failure = (page: string, name: string) =>
  page.split(/^(?=#### |\| )/m).find((part) => part.startsWith(`#### ✗ ${name} `)) ?? '';

it('the page of a run leads to logs, artifacts and specs, and says of each failure what helps', () => {
  const page = pages.merge.summary;
  expect(pages.merge.code).toBe(1);
  expect(page).toMatch(
    /^### Packages: \*\*1 built\*\*, \*\*1 reused\*\*, \*\*3 failed\*\*, \*\*1 blocked\*\* in /,
  );
  expect(page).toMatch(
    /^Artifacts: \[`azl-rpms-x86_64`\]\(https:\/\/github\.com\/me\/distro\/actions\/runs\/\S+\/artifacts\/\d+\), \[`azl-srpms`\]/m,
  );
  const broken = failure(page, 'broken');
  expect(broken).toMatch(/^#### ✗ broken 668-1\.azl3: %build failed\n\n```\nerror: this is why\n/);
  expect(broken).toMatch(
    /Blocks needs-broken\. Its log: `broken\.log` in the artifact \[`azl-logs-1-1`\]\(\S+\/\d+\)\./,
  );
  expect(broken).toContain(`[\`SPECS/broken/broken.spec:10\`](${spec('broken', '#L10')})`);
  expect(broken).toContain('`make -C ../azl shell PACKAGE=broken`');
  const greedy = failure(page, 'greedy');
  expect(greedy).toContain('did not end within 2 seconds');
  expect(greedy).toContain('`greedy: seconds=86400`');
  const sourceless = failure(page, 'sourceless');
  expect(sourceless).toContain("Source0 'sourceless.tar.gz' is nowhere to be found.");
  expect(sourceless).toContain('`make -C ../azl input-srpms PACKAGE_BUILD_LIST=sourceless`');
  for (const part of [greedy, sourceless]) expect(part).not.toContain('make -C ../azl shell');
  expect(page).toContain(
    `| [needs-broken 668-1.azl3](${spec('needs-broken')}) | blocked | needs broken, which failed |`,
  );
  expect(page).toContain(`| [plain 668-1.azl3](${spec('plain')}) | built | never built before |`);
  expect(page).toContain(
    `<details><summary>1 reused</summary>\n\n| package | why |\n| --- | --- |\n| [old 668-1.azl3](${spec('old')}) |`,
  );
});

it('so do the pages of the plan and of a shard, and annotations name files as the repository does', () => {
  expect(pages.plan.summary).toContain(
    `| [plain 668-1.azl3](${spec('plain')}) | build | never built before |  |`,
  );
  expect(failure(pages.shard.summary, 'broken')).toContain(`(${spec('broken', '#L10')})`);
  expect(pages.shard.said).toContain('::error file=SPECS/broken/broken.spec,line=10::');
});

it('installs with the commands of the page', async () => {
  Object.assign(process.env, services.environment(run.run, 'reader'));
  const artifact = join(dir, 'artifact');
  expect(await fetchArtifact('azl-rpms-x86_64', artifact)).toBe(true);
  const [once, file] = [...pages.merge.summary.matchAll(/^```sh\n([^`]*)\n```$/gm)].map(
    ([, text]) => text as string,
  );
  const root = join(dir, 'root');
  const bin = join(dir, 'bin');
  for (const folder of [bin, root, join(dir, 'home'), join(dir, 'repos')]) mkdirSync(folder);
  const options = `--installroot '${root}' --releasever 3 --setopt=reposdir='${dir}/repos' --setopt=cachedir='${dir}/dnf' -y`;
  const programs = {
    gh: `[ "$*" = "run download ${run.run} -R me/distro -n azl-rpms-x86_64 -D azl-rpms-x86_64" ] && cp -r '${artifact}' azl-rpms-x86_64`,
    // As root, tee must not write to this machine.
    sudo: `[ "$2" != /etc/yum.repos.d/azl.repo ] || set -- tee '${dir}/repos/azl.repo'; exec "$@"`,
    dnf: `exec /usr/bin/dnf ${options} "$@"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const paste = (text: string | undefined) =>
    execFileSync('bash', ['-euc', text as string], {
      cwd: join(dir, 'home'),
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: join(dir, 'home') },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  paste(once?.replace('<packages>', 'plain'));
  expect(existsSync(join(root, 'usr/share/plain'))).toBe(true);
  expect(existsSync(join(root, 'usr/share/old'))).toBe(false);
  paste(file);
  paste('dnf install old');
  expect(existsSync(join(root, 'usr/share/old'))).toBe(true);
});

it('the page of a plan that failed has each error at its place, and none is written with summary: false', async () => {
  const other = newWorkspace();
  try {
    await writeTree(join(other, 'SPECS'), packageOf('lone', 'true', 'BuildRequires: zlib-devl'));
    const inputs: Inputs = { 'toolchain-dir': (await testWorker()).dir };
    const strict: Inputs = { 'strict-specs': 'true' };
    const failing = new SharedRun(other, inputs, services, undefined, {
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: sha,
    });
    const plan = await failing.plan(1, strict);
    expect(plan.code).toBe(1);
    expect(plan.summary).toMatch(
      /^### ✗ Plan: 1 error\n\n- \[`SPECS\/lone\/lone\.spec:7`\]\(\S+\/SPECS\/lone\/lone\.spec#L7\): BuildRequires 'zlib-devl' is provided by nothing<br>.*Nearest: /,
    );
    expect(plan.said).toContain('::error file=SPECS/lone/lone.spec,line=7::');
    expect((await failing.plan(1, { ...strict, summary: 'false' })).summary).toBe('');
  } finally {
    await removeWorkspace(other);
  }
});
