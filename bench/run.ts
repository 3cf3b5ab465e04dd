import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repository } from '../scripts/build-dist.ts';
import { withBlock } from '../scripts/markdown.ts';
import { removeTree } from '../src/shared/host/folders.ts';
import { runTool } from '../src/shared/host/process.ts';
import { benchBuildRoot } from './build-root.ts';
import { figures, type Results } from './figures.ts';
import { benchMainJob } from './main-job.ts';

async function git(...args: string[]): Promise<string> {
  return (await runTool(['git', '-c', `safe.directory=${repository}`, ...args], { cwd: repository })).stdout;
}

async function machine(): Promise<Results['machine']> {
  const release = readFileSync('/etc/os-release', 'utf8');
  return {
    processor: (cpus()[0]?.model ?? '').trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'Linux',
    kernel: (await runTool(['uname', '-r'])).stdout.trim(),
  };
}

const dir = join(repository, 'build', 'bench');
await removeTree(dir);
try {
  const commit = (await git('rev-parse', 'HEAD')).trim();
  // Bundles follow from the sources: they are no change of their own.
  const changed = (await git('status', '--porcelain', '--', ':!*/dist')).trim() !== '';
  const mainJob = await benchMainJob(dir);
  console.log('==> A fresh build root beside untarring the worker');
  const buildRoot = await benchBuildRoot(join(dir, 'cache', 'toolchain'), join(dir, 'roots'));
  const results: Results = {
    schema: 'azl/bench',
    version: 1,
    command: 'make bench',
    commit: `${commit}${changed ? '+' : ''}`,
    machine: await machine(),
    mainJob,
    buildRoot,
  };
  writeFileSync(join(repository, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const readme = join(repository, 'README.md');
  writeFileSync(readme, withBlock(readFileSync(readme, 'utf8'), 'bench', `\n${figures(results)}\n`));
  console.log(figures(results));
} finally {
  await removeTree(dir);
}
