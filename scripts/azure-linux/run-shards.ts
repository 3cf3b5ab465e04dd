import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { actionNamed, readActions } from '../../cli/src/action-file.ts';
import { runnerEnvironment } from '../../cli/src/runner.ts';
import { inputsOf } from '../../cli/src/variables.ts';
import { problem } from '../../src/shared/base/problems.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { repository } from '../build-dist.ts';

/** What the jobs of a run share. */
export interface ShardedRun {
  shards: number;
  specsDirs: readonly string[];
  /** The folder of everything that the jobs make. */
  dir: string;
  cacheDir: string;
  say: (line: string) => void;
}

/** Builds a tree as a workflow does: a plan, shards at the same time, a merge, whose outputs lie in `<dir>/out`. */
export async function runShards(run: ShardedRun): Promise<void> {
  const { dir, cacheDir, shards, specsDirs } = run;
  const exchange = join(dir, 'exchange');
  await removeTree(exchange);
  mkdirSync(exchange, { recursive: true });
  const shared = {
    'specs-dir': specsDirs.join(' '),
    'toolchain-mode': 'bootstrap',
    'exchange-dir': exchange,
  };
  const folders = (job: string) => ({
    'build-dir': join(dir, job, 'build'),
    'out-dir': join(dir, job, 'out'),
  });
  const file = join(dir, 'plan/out/plan.json');
  rmSync(file, { force: true });
  const plan = { ...shared, ...folders('plan'), 'cache-dir': cacheDir, 'share-toolchain': 'true' };
  await startAction('build-packages/plan', 'plan', { ...plan, 'max-shards': String(shards) }, run);
  if (!existsSync(file))
    throw problem('The plan ended before it wrote plan.json', { hint: 'Its messages above say why.' });
  const { entries } = JSON.parse(readFileSync(file, 'utf8')) as { entries: number };
  const member = { ...shared, plan: 'azl-plan-1', 'toolchain-artifact': 'azl-toolchain-1' };
  const jobs = Array.from({ length: Math.min(entries, shards) }, async (_, at) => {
    const job = `shard-${at + 1}`;
    const own = { ...folders(job), 'cache-dir': join(dir, job, 'cache'), shard: String(at + 1) };
    await shareSources(cacheDir, own['cache-dir']);
    await startAction('build-packages', job, { ...member, ...own }, run);
  });
  await Promise.all(jobs);
  const merge = { ...member, ...folders('merge'), 'out-dir': join(dir, 'out'), 'cache-dir': cacheDir };
  await startAction('build-packages/merge', 'merge', merge, run);
}

/** Gives a job the downloaded sources as links. */
async function shareSources(from: string, to: string): Promise<void> {
  await removeTree(join(to, 'sources'));
  mkdirSync(to, { recursive: true });
  await runTool(['cp', '-al', join(from, 'sources'), join(to, 'sources')]);
}

/** Starts an action of this checkout as a runner would. That it ends with an error is said, and for others to judge. */
async function startAction(
  name: string,
  job: string,
  inputs: Readonly<Record<string, string>>,
  { dir, say }: ShardedRun,
): Promise<void> {
  const action = actionNamed(readActions(join(repository, 'actions')), name);
  const files = join(dir, job, 'runner');
  mkdirSync(files, { recursive: true });
  const env = runnerEnvironment(
    inputsOf(action, {}, inputs),
    { workspace: dir, temp: files, files },
    process.env,
  );
  for (const file of Object.values(env).filter((path) => path.startsWith(`${files}/`)))
    writeFileSync(file, '');
  // Not through a shell, which drops variables with a dash in their names, as all inputs have.
  const child = spawn(process.execPath, [action.entry], {
    env,
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) say(`${job}: ${line}`);
  const [code, signal] = await ended;
  if (code !== 0) say(`${job}: ended with ${signal ?? code}`);
}
