import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marker } from '../../cli/src/folders.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { commandTable } from '../support/command-table.ts';
import { commandsHere, formOf, makeCommandIn } from '../support/documented-commands.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const place = newWorkspace();
/** The reader's repository. The checkout of azl lies beside it. */
const dir = join(place, 'mine');

/** The commands that are run here, each text once. */
const commands = [...new Set(commandsHere().map(({ text }) => text))].filter(
  (text) => commandTable[formOf(text)]?.by === 'here',
);

/** A stage of the first hour with azl: commands of later stages need what earlier ones left. */
const stages = [
  ['help', 'doctor', 'toolchain', 'validate-toolchain', 'compress-toolchain', 'init'],
  ['signatures'],
  ['plan', 'input-srpms', 'build-packages'],
  ['clean'],
  ['clean-all'],
];

const targetOf = (text: string) => makeCommandIn(text)?.targets[0] ?? 'help';

/** The reader's own packages in the documents, and those of the example that it names. */
function namedPackages(): string[] {
  const lists = commands.flatMap((text) => {
    const { PACKAGE = '', PACKAGE_BUILD_LIST = '' } = makeCommandIn(text)?.variables ?? {};
    return `${PACKAGE} ${PACKAGE_BUILD_LIST}`.split(' ');
  });
  return [...new Set(lists.filter((name) => /^[a-z]/.test(name)))];
}

/** A command with what the reader has in the place of placeholders and of the folders of examples. */
function typed(text: string): string {
  return text.replaceAll(/<package>|<name>/g, 'less').replaceAll('…', '');
}

/** Runs a command in a shell of the reader's, who stands in the repository. */
async function run(command: string): Promise<{ code: number | null; said: string }> {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: dir,
    env: { PATH: `${place}/bin:${process.env['PATH']}`, HOME: place, CACHE_DIR: join(place, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}

beforeAll(async () => {
  symlinkSync(repository, join(place, 'azl'));
  // Where a command does not say where azl is, the documents have said it before.
  mkdirSync(join(place, 'bin'));
  writeFileSync(
    join(place, 'bin/make'),
    `#!/bin/sh
case " $* " in
*" -C "* | *" -f "*) exec /usr/bin/make "$@" ;;
*) exec /usr/bin/make -f ../azl/Makefile "$@" ;;
esac
`,
  );
  chmodSync(join(place, 'bin/make'), 0o755);
  for (const name of namedPackages()) {
    const one = building(name, ':')[name];
    const spec = one?.spec.replace(/^Version:/m, 'Source0: notes.txt\nVersion:') ?? '';
    await writeTree(join(dir, 'SPECS'), { [name]: { spec, sources: { 'notes.txt': name } } });
  }
  // What was downloaded and converted for this checkout: copies, as their owner must be the one who runs make.
  const cache = join((await testWorker()).dir, '..');
  mkdirSync(join(place, 'cache'));
  writeFileSync(join(place, 'cache', marker), '');
  for (const name of ['apt', 'debs', 'stand-ins', 'toolchain.lock'])
    if (existsSync(join(cache, name)))
      await runTool(['cp', '-a', '--reflink=auto', '--', join(cache, name), join(place, 'cache')]);
});
afterAll(async () => {
  await removeWorkspace(place);
});

describe('the commands of README, help and docs', () => {
  it('all have a stage', () => {
    const known = stages.flat();
    expect(commands.map(targetOf).filter((target) => !known.includes(target))).toEqual([]);
    expect(commands.length).toBeGreaterThan(12);
  });

  for (const stage of stages)
    it.each(commands.filter((text) => stage.includes(targetOf(text))))('%s works', async (text) => {
      const signed = join(dir, 'SPECS/less/less.signatures.json');
      const before = readFileSync(signed, 'utf8');
      const { code, said } = await run(typed(text));
      expect(said).not.toMatch(/^(error|warning): /m);
      expect(code, said).toBe(0);
      expect(leftBehind(place)).toEqual([]);
      const left: Record<string, string> = {
        plan: 'out/plan.json',
        'input-srpms': 'out/SRPMS/less-1-1.src.rpm',
        'build-packages': 'out/build.json',
        toolchain: '../cache/toolchain/toolchain.json',
        init: 'imageconfigs/image.json',
      };
      const made = left[targetOf(text)];
      if (made !== undefined) expect(existsSync(join(dir, made)), said).toBe(true);
      if (targetOf(text) === 'signatures')
        expect(JSON.parse(readFileSync(signed, 'utf8'))).toEqual(JSON.parse(before));
      if (targetOf(text) === 'clean') expect(existsSync(join(dir, 'out'))).toBe(false);
      if (targetOf(text) === 'clean-all') expect(existsSync(join(place, 'cache'))).toBe(false);
    });
});
