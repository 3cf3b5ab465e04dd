import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellWord } from '../../src/shared/base/shell-word.ts';
import { writeTree } from '../support/trees.ts';
import { seedDownloads } from '../support/whole-run.ts';
import { testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

const dir = newWorkspace();
/** The repository of a user, beside azl's checkout. */
const own = join(dir, `it's "mine"`);
const specs = "my 'specs'";

const spec = (name: string, build: string) =>
  `Summary: x\nName: ${name}\nVersion: 1\nRelease: 1\nLicense: x\nBuildArch: noarch\nSource0: a.txt\nSource1: b.txt\n\n%description\nx\n%build\n${build}\n%install\ninstall -D %{SOURCE0} %{buildroot}/usr/share/${name}\n%files\n/usr/share/${name}\n`;

/** Runs a command as pasted into a terminal where the user stands. @param input what is typed then */
async function paste(command: string, input = '') {
  const child = spawn('sh', ['-c', `cd ${shellWord(own)} && ${command}`], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', PWD: '/' },
    stdio: 'pipe',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}

/** The command that a message names after `words`, as a person selects it. */
function commandIn(said: string, words: string): string {
  const line = said.split('\n').find((one) => one.includes(`${words} make `));
  if (line === undefined) throw new Error(`nothing says '${words} make …':\n${said}`);
  return line.slice(line.indexOf(words) + words.length + 1).replace(/ {4}\(.*\)$/, '');
}

let given: string;
const make = async (target: string, more = '') => await paste(`make -C ../azl ${target} ${more} ${given}`);

beforeAll(async () => {
  mkdirSync(own);
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(dir, 'azl'));
  await writeTree(join(own, specs), {
    'failing/failing.spec': spec('failing', 'touch halfway; exit 1'),
    'right/right.spec': spec('right', 'true'),
    ...{ 'failing/a.txt': 'a', 'failing/b.txt': 'b', 'right/a.txt': 'c', 'right/b.txt': 'd' },
  });
  await seedDownloads(join(own, 'cache'));
  const { dir: toolchain } = await testWorker();
  const variables = {
    SPECS_DIR: specs,
    BUILD_DIR: 'b $HOME',
    OUT_DIR: 'o',
    CACHE_DIR: 'cache',
    TOOLCHAIN_DIR: toolchain,
  };
  given = Object.entries(variables)
    .map(([name, value]) => `${name}=${shellWord(value.replace('$', '$$$$'))}`)
    .join(' ');
});
afterAll(async () => await removeWorkspace(dir));

const signatures = (name: string) => join(own, specs, name, `${name}.signatures.json`);

describe('a command that a message names', () => {
  it('writes the signatures of the package that lacks them', async () => {
    const { code, said } = await make('build-packages', 'PACKAGE_BUILD_LIST=failing');
    expect(code, said).toBe(2);
    const pasted = await paste(commandIn(said, 'then run:'));
    expect(pasted.code, pasted.said).toBe(0);
    expect(Object.keys(JSON.parse(readFileSync(signatures('failing'), 'utf8')).Signatures)).toEqual([
      'a.txt',
      'b.txt',
    ]);
    expect(existsSync(signatures('right'))).toBe(false);
  });

  it('opens the build root of a failure, also after a look at which there are', async () => {
    const { code, said } = await make('build-packages', 'PACKAGE_BUILD_LIST=failing');
    expect(code, said).toBe(2);
    const seen = 'ls BUILD/*/halfway BUILD/halfway 2>/dev/null; ls SOURCES\n';
    const pasted = await paste(commandIn(said, 'next:'), seen);
    expect(pasted.code, pasted.said).toBe(0);
    for (const name of ['halfway', 'a.txt', 'b.txt']) expect(pasted.said).toContain(name);
    const unnamed = await make('shell');
    expect(unnamed.said).toContain('PACKAGE is not set, and there are build roots of failing.');
    expect((await paste(commandIn(unnamed.said, 'Open one:'), seen)).said).toContain('halfway');
    const other = await make('shell', 'PACKAGE=right');
    const built = await paste(commandIn(other.said, 'If its build fails, this leaves one:'));
    expect(built.said).toContain("Source0 'a.txt' has no entry");
    expect((await make('shell', 'PACKAGE=rihgt')).said).toContain("Did you mean 'right'?");
  });

  it('is for all packages where none is named', async () => {
    rmSync(signatures('failing'));
    const all = await make('signatures');
    expect(all.code, all.said).toBe(0);
    for (const name of ['failing', 'right'])
      expect(all.said).toContain(`Written: ${specs}/${name}/${name}.signatures.json`);
    expect((await make('signatures')).said).toContain('there is nothing to write');
    rmSync(join(own, specs, 'failing/a.txt'));
    rmSync(signatures('failing'));
    rmSync(signatures('right'));
    const some = await make('signatures', "PACKAGE='failing right'");
    expect(some.code).toBe(2);
    expect(some.said).toContain(
      `error: ${specs}/failing/failing.spec: Source0 'a.txt' is nowhere to be found`,
    );
    expect([existsSync(signatures('failing')), existsSync(signatures('right'))]).toEqual([false, true]);
    expect(existsSync(join(own, 'build'))).toBe(false);
  });
});
