import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { removeTree } from '../../src/shared/host/folders.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { repository } from '../build-dist.ts';
import { git } from '../git.ts';
import { makeEnvironment } from '../make-environment.ts';

export const scratch = join(repository, 'build', 'compare');
export const downloads = join(scratch, 'downloads');
/** In a folder of downloads and things made (`CACHE_DIR`): what came from the network, and what was chosen there. */
const isDownload = (name: string) => /^(sources|debs|debian-.*|toolchain\.lock)$/.test(name);

/** One of the two commits, and where what it makes lies. */
export interface Side {
  name: 'a' | 'b';
  commit: string;
  dir: string;
  checkout: string;
  cache: string;
  toolchain: string;
}

async function run(side: Side, argv: readonly string[]): Promise<void> {
  console.log(`==> ${side.name}: ${argv.join(' ').slice(0, 200)}`);
  await runTool(argv, {
    cwd: side.checkout,
    env: makeEnvironment(),
    onLine: (line) => console.log(`  ${line}`),
  });
}

/** Runs a target of the checkout in folders of its own. */
export async function make(side: Side, job: string, target: string, variables: Record<string, string> = {}) {
  const folders = {
    BUILD_DIR: join(side.dir, job, 'build'),
    OUT_DIR: join(side.dir, job, 'out'),
    CACHE_DIR: job === 'main' ? side.cache : join(side.dir, job, 'cache'),
    TOOLCHAIN_DIR: side.toolchain,
  };
  const all = Object.entries({ ...folders, ...variables }).map(([name, value]) => `${name}=${value}`);
  await run(side, ['make', target, ...all]);
}

/** Puts what was downloaded from one folder of a checkout into another. */
export function copyDownloads(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of existsSync(from) ? readdirSync(from) : [])
    if (isDownload(name))
      cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
}

export async function checkOut(name: Side['name'], commit: string): Promise<Side> {
  const dir = join(scratch, name);
  const checkout = join(dir, 'checkout');
  await removeTree(dir);
  mkdirSync(dir, { recursive: true });
  await git(repository, ['clone', '--quiet', '--no-checkout', repository, checkout], {
    GIT_ALLOW_PROTOCOL: 'file',
  });
  await git(checkout, ['checkout', '--quiet', '--detach', commit]);
  const side: Side = {
    ...{ name, commit, dir, checkout },
    cache: join(dir, 'main', 'cache'),
    toolchain: join(dir, 'toolchain'),
  };
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (lock(checkout) === lock(repository))
    symlinkSync(join(repository, 'node_modules'), join(checkout, 'node_modules'));
  else await run(side, ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
  return side;
}

/** A file of a checkout, wherever it lies. */
export async function find(side: Side, end: string): Promise<string> {
  const all = (await git(side.checkout, ['ls-files'])).split('\n');
  const found = all.filter((path) => `/${path}`.endsWith(`/${end}`));
  if (found.length !== 1) throw new Error(`${side.commit} has ${found.length} files ${end}`);
  return join(side.checkout, found[0] as string);
}

/** Reads the `action.yml` of an action (`build-packages/merge`), and says what it starts. */
export async function readAction(side: Side, action: string) {
  const file = await find(side, `${action}/action.yml`);
  const { inputs, runs } = parse(readFileSync(file, 'utf8')) as {
    inputs: Record<string, { default?: unknown }>;
    runs: { main: string };
  };
  return { inputs, main: join(dirname(file), runs.main) };
}

/** Starts an action that no target of make starts, as a runner would. */
export async function act(
  side: Side,
  action: string,
  job: string,
  inputs: Record<string, string>,
): Promise<void> {
  const { inputs: known, main } = await readAction(side, action);
  const given = Object.entries(known).map(
    ([name, { default: value = '' }]) => `INPUT_${name.toUpperCase()}=${inputs[name] ?? String(value)}`,
  );
  const runner = join(side.dir, job, 'runner');
  mkdirSync(runner, { recursive: true });
  const answers = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH'];
  for (const name of answers) writeFileSync(join(runner, name), '');
  const environment = [
    ...answers.map((name) => `${name}=${join(runner, name)}`),
    ...[`GITHUB_WORKSPACE=${side.checkout}`, `RUNNER_TEMP=${runner}`],
  ];
  // The names of inputs have hyphens: a shell would not hand them on.
  await run(side, ['/usr/bin/env', ...environment, ...given, process.execPath, main]);
}
