import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { problem } from '../../src/shared/base/problems.ts';
import { splitAtBlanks } from '../../src/shared/base/split-at-blanks.ts';
import { explainFailure } from '../../src/shared/builder/cause-lines.ts';
import { ifAbsent, readUserFile, writeWhole } from '../../src/shared/host/files.ts';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import { hostSuite } from '../../src/shared/toolchain/recipe.ts';
import { repository } from '../build-dist.ts';
import { git } from '../git.ts';
import { makeEnvironment } from '../make-environment.ts';
import { withBlock } from '../markdown.ts';
import { causeOf } from './causes.ts';
import { type AbsentSource, fetchSources } from './fetch-sources.ts';
import { type ListedSpec, only, parseList } from './list.ts';
import { runShards } from './run-shards.ts';
import { specsInArchive } from './specs-in-archive.ts';
import { stageTree } from './stage-tree.ts';
import { markdownText, type Row, type Table, terminalText } from './table.ts';

/** The folders and variables of a run. */
export interface Setup {
  /** A checkout of Azure Linux. */
  tree: string;
  /** The file that lists specs. Empty: all specs whose sources are found in Debian's archive. */
  list: string;
  /** Names of the list; empty: all. */
  names: readonly string[];
  /** The folder of everything that the run makes. */
  dir: string;
  cacheDir: string;
  /** Jobs that build at the same time, as in a workflow; undefined: one job alone. */
  shards: number | undefined;
  say: (line: string) => void;
}

/** Builds listed specs of a checkout in bootstrap mode, unchanged, and says what became of each. */
export async function buildAzureLinux(setup: Setup): Promise<Table> {
  const { tree, list, names, dir, cacheDir, shards, say } = setup;
  const started = performance.now();
  if (!existsSync(join(tree, 'SPECS')))
    throw problem(`${tree} has no folder SPECS`, { hint: 'Give a checkout of Azure Linux: TREE=<checkout>' });
  const all =
    list === ''
      ? await specsInArchive(tree, await treesOf(tree), join(cacheDir, 'sources/debian-index'), say)
      : parseList(await readUserFile(list, 'The list of specs'), list);
  const specs = only(all, names, list === '' ? tree : list);
  say(`${specs.length} specs of ${tree}`);
  const absent = await fetchSources(specs, cacheDir, say);
  const gone = new Set(absent.map(({ spec }) => spec));
  const there = specs.filter(({ spec }) => !gone.has(spec));
  if (there.length === 0) {
    const hint = 'Look at the network, or name other specs: ONLY="…".';
    throw problem('The mirror has the sources of none of these specs', { hint });
  }
  const specsDirs = await stageTree(there, tree, join(dir, 'tree'));
  // Else a run that is ended would leave the table of the one before.
  await rm(join(dir, 'out/build.json'), { force: true });
  if (shards === undefined) await build(specsDirs, setup);
  else await runShards({ shards, specsDirs, dir, cacheDir, say });
  const rows = await rowsOf(specs, absent, setup);
  return {
    ...{ schema: 'azl/azure-linux', version: 1, host: await hostSuite() },
    commit: await git(tree, ['rev-parse', 'HEAD']).then(
      (text) => text.trim(),
      () => null,
    ),
    seconds: Math.round((performance.now() - started) / 1000),
    rows,
  };
}

/** The folders of specs of a checkout. */
async function treesOf(checkout: string): Promise<string[]> {
  const names = await readdir(checkout);
  return ['SPECS', 'SPECS-EXTENDED'].filter((name) => names.includes(name));
}

/** Runs `make build-packages` on the staged tree, as the user sees it. That packages fail is a result, not an error. */
async function build(specsDirs: readonly string[], { dir, cacheDir }: Setup): Promise<void> {
  const variables = {
    ...{ SPECS_DIR: specsDirs.join(' '), TOOLCHAIN_MODE: 'bootstrap', CACHE_DIR: cacheDir },
    ...{ BUILD_DIR: join(dir, 'build'), OUT_DIR: join(dir, 'out') },
  };
  const argv = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const options = { env: makeEnvironment(), stdio: 'inherit' } as const;
  await once(spawn('make', ['-C', repository, 'build-packages', ...argv], options), 'close');
}

async function rowsOf(
  specs: readonly ListedSpec[],
  absent: readonly AbsentSource[],
  { dir }: Setup,
): Promise<Row[]> {
  const text = await readFile(join(dir, 'out/build.json'), 'utf8').catch(ifAbsent(undefined));
  if (text === undefined)
    throw problem('The build ended before it wrote build.json', { hint: 'Its messages above say why.' });
  const { packages } = JSON.parse(text) as BuildJson;
  const byName = new Map(packages.map((one) => [one.name, one]));
  const row = async ({ tree, spec }: ListedSpec): Promise<Row> => {
    const gone = absent.find((one) => one.spec === spec);
    const found = byName.get(spec);
    if (gone !== undefined)
      return { tree, spec, state: 'gone', reason: `${gone.file}: ${gone.reason}`, seconds: null };
    if (found === undefined)
      return { tree, spec, state: 'excluded', reason: 'it is not for this architecture', seconds: null };
    const { state, reason, seconds } = found;
    if (state === 'built' || state === 'reused' || state === 'blocked')
      return { tree, spec, state, reason, seconds };
    const lines = await causeLines(join(dir, 'build/logs', `${spec}.log`), found.kind);
    // The page is for readers of other machines.
    const text = [reason, ...lines].join('\n').replaceAll(`${join(dir, 'tree')}/`, '');
    return { ...failed(tree, spec, text, found.kind), seconds };
  };
  return await Promise.all(specs.map(row));
}

/** The lines of a build's log that name the cause; none where it has none. */
async function causeLines(log: string, kind: string | undefined): Promise<string[]> {
  if (kind !== 'build') return [];
  const text = await readFile(log, 'utf8').catch(ifAbsent(''));
  return explainFailure(text).lines;
}

function failed(tree: string, spec: string, text: string, kind: string | undefined): Row {
  const reason = text.replaceAll(/\s*\n\s*/g, ' ');
  return { tree, spec, state: 'failed', cause: causeOf({ kind, text }), reason, seconds: null };
}

/** Writes the table as JSON, on the terminal and, if the whole list was built, in docs/azure-linux.md. */
export async function writeTable(table: Table, { dir, names, say }: Setup): Promise<void> {
  const file = join(dir, 'out/azure-linux.json');
  await writeWhole(file, `${JSON.stringify(table, null, 1)}\n`);
  say(terminalText(table.rows));
  say(`As JSON: ${file}`);
  if (names.length > 0) return;
  const page = join(repository, 'docs/azure-linux.md');
  writeFileSync(page, withBlock(readFileSync(page, 'utf8'), 'azure-linux', `\n${markdownText(table)}\n`));
}

/** Returns the setup that the variables of make say. @throws ProblemsError */
export async function setupOf(env: NodeJS.ProcessEnv): Promise<Setup> {
  const below = (path: string) => resolve(env['AZL_PWD'] || env['AZL_CWD'] || '.', path);
  const { TREE: tree = '', LIST: list = '', ONLY: names = '', SHARDS: shards = '' } = env;
  if (tree === '')
    throw problem('TREE is not set', { hint: 'make azure-linux TREE=<checkout of Azure Linux>' });
  if (!/^(?:[1-9]\d?)?$/.test(shards))
    throw problem(`SHARDS is '${shards}'`, { hint: 'Give the number of jobs: SHARDS=3' });
  const dir = join(repository, 'build/azure-linux');
  await mkdir(join(dir, 'out'), { recursive: true });
  return {
    tree: below(tree),
    list: list === '' ? '' : below(list),
    names: splitAtBlanks(names),
    ...{ dir, cacheDir: env['CACHE_DIR'] ? below(env['CACHE_DIR']) : join(repository, 'build/cache') },
    shards: shards === '' ? undefined : Number(shards),
    say: (line) => console.log(line),
  };
}
