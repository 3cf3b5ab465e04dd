import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builder } from '../../src/shared/sandbox/arguments.ts';
import { runBundle } from '../support/bundle.ts';
import { writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const cli = fileURLToPath(new URL('../../cli/dist/index.js', import.meta.url));
const dir = newWorkspace();
let toolchainDir: string;

const spec = (build: string, tags = '') =>
  `Summary: x\nName: broken\nVersion: 1\nRelease: 1%{?dist}\nLicense: x\nBuildArch: noarch\nSource0: notes.txt\n${tags}\n%description\nx\n%build\ncp %{SOURCE0} built\n${build}\n%install\ninstall -D built %{buildroot}/usr/share/broken\n%files\n/usr/share/broken\n`;

const build = async () => await runBundle('build-packages', { 'toolchain-dir': toolchainDir }, dir);

/** `make shell PACKAGE=…` with a script for the shell on standard input. */
async function shell(name: string, script: string, toolchain = toolchainDir) {
  const env = { PATH: process.env['PATH'] ?? '', PACKAGE: name, TOOLCHAIN_DIR: toolchain };
  const child = spawn(process.execPath, [cli, 'shell'], { cwd: dir, env, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.stdin.end(script);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
  await writeTree(join(dir, 'SPECS'), {
    broken: { spec: spec('touch halfway\nexit 1'), sources: { 'notes.txt': 'notes\n' } },
  });
  expect((await build()).code).toBe(1);
});
afterAll(async () => {
  await removeWorkspace(dir);
});

describe('a shell in the root of a failed build', () => {
  it('finds all that the build saw and made, and can repeat it after an edit of the copies', async () => {
    const first = await shell(
      'broken',
      'id -un; ls SPECS SOURCES; ls BUILD/*/halfway BUILD/halfway 2>/dev/null; cat /etc/rpm/macros.zz-azl\n',
    );
    expect(first.code, first.said).toBe(0);
    for (const word of ['builder', 'broken.spec', 'notes.txt', 'halfway', '%_topdir /usr/src/azl'])
      expect(first.said).toContain(word);
    const command = /^To repeat the build: (.*)$/m.exec(first.said)?.[1] as string;
    expect((await shell('broken', `${command}\n`)).code).toBe(1);
    const mended = await shell(
      'broken',
      `sed -i '/^exit 1/d' SPECS/broken.spec\necho more >>SOURCES/notes.txt\n${command} && rpm -qp --qf '%{NVR}\\n' RPMS/noarch/*.rpm\n`,
    );
    expect(mended.code, mended.said).toBe(0);
    expect(mended.said).toContain('broken-1-1.azl3\n');
    // What was changed stays so, also with an old date; what is gone is there again.
    const old = `touch -d 2001-01-01 SOURCES/notes.txt; mv SPECS/broken.spec SPECS/kept.spec; ln -s nowhere SOURCES/link\n`;
    expect((await shell('broken', old)).code).toBe(0);
    const again = await shell('broken', 'cat SOURCES/notes.txt SPECS/broken.spec; ls SPECS SOURCES\n');
    for (const word of ['notes\nmore\n', 'exit 1', 'kept.spec', 'link']) expect(again.said).toContain(word);
    const odd = `rm SOURCES/notes.txt; ln -s nowhere/else SOURCES/notes.txt; chmod 555 SOURCES\n`;
    expect((await shell('broken', odd)).code).toBe(0);
    expect((await shell('broken', 'readlink SOURCES/notes.txt\n')).said).toContain('nowhere/else');
    expect(readFileSync(join(dir, 'SPECS/broken/broken.spec'), 'utf8')).toContain('exit 1');
    expect(readFileSync(join(dir, 'SPECS/broken/notes.txt'), 'utf8')).toBe('notes\n');
    expect(leftBehind(dir)).toEqual([]);
  });

  it('is refused over another worker than it was made with', async () => {
    const other = newWorkspace();
    const toolchain = JSON.parse(readFileSync(join(toolchainDir, 'toolchain.json'), 'utf8'));
    writeFileSync(join(other, 'toolchain.json'), JSON.stringify({ ...toolchain, workerDigest: 'other' }));
    const { code, said } = await shell('broken', 'true\n', other);
    expect(code).toBe(1);
    expect(said).toContain('Build it again: make build-packages PACKAGE_BUILD_LIST=broken');
    await removeWorkspace(other);
  });

  it('is the plain worker with the sources where not even the SRPM could be packed', async () => {
    // A tag that rpm refuses, and only as the builder: not while the spec is parsed.
    const tag = `%(test $(id -u) = ${builder.uid} && echo "BuildArch: of-no-kind")`;
    writeFileSync(join(dir, 'SPECS/broken/broken.spec'), spec('true', tag));
    const run = await build();
    expect(run.code).toBe(1);
    expect(run.said).toContain('broken: rpm cannot read line 8 of the spec: Duplicate BuildArch entry');
    expect((await shell('broken', 'ls SOURCES\n')).said).toContain('notes.txt');
  });
});
