import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { act, copyDownloads, downloads, find, make, readAction, type Side } from './side.ts';

/** Inputs that make a run of small packages short, in commits that have them. */
const hasty: Readonly<Record<string, string>> = {
  'poll-interval': '1',
  'sign-interval': '2',
  'batch-time': '2',
};

/** Packages of the sharded run: small ones, with some that need others. */
const sharded = ['example-release', 'example-rpm-macros', 'hello', 'bzip2', 'lz4'];

/** Notes the names of all that appears in a folder of jobs that meet, as long as `body` runs. */
async function watching(dir: string, body: () => Promise<void>): Promise<Set<string>> {
  const names = new Set<string>();
  let ended = false;
  const look = (at: string, depth: number) => {
    for (const name of existsSync(at) ? readdirSync(at) : []) {
      if (name.startsWith('azl-') && !name.endsWith('.part')) names.add(name);
      else if (depth > 0 && !name.includes('.')) look(join(at, name), depth - 1);
    }
  };
  const watch = async () => {
    for (; !ended; await wait(20)) {
      try {
        look(dir, 1);
      } catch (error) {
        // What is a file, or went meanwhile.
        if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  };
  const watched = watch();
  try {
    await body();
  } finally {
    ended = true;
    await watched;
  }
  return names;
}

/** The names with `#` for each number: which there are depends on who was faster. */
export function patterns(names: Iterable<string>): string[] {
  return [...new Set([...names].map((name) => name.replace(/(?<=-)\d+(?=-|$)/g, '#')))].sort();
}

/** Runs a plan, several shards and a merge over a few packages. @returns the names of the artifacts they exchanged */
export async function runShards(side: Side): Promise<Set<string>> {
  const exchange = join(side.dir, 'exchange');
  mkdirSync(exchange);
  const meet = { EXCHANGE_DIR: exchange, PACKAGE_BUILD_LIST: sharded.join(' ') };
  const cacheOf = (job: string) => {
    const dir = join(side.dir, job, 'cache');
    copyDownloads(downloads, dir);
    return dir;
  };
  return await watching(exchange, async () => {
    cacheOf('plan');
    await make(side, 'plan', 'plan', { ...meet, MAX_SHARDS: '2' });
    const plan = JSON.parse(readFileSync(join(side.dir, 'plan/out/plan.json'), 'utf8')) as {
      entries: number;
    };
    const { inputs } = await readAction(side, 'build-packages');
    const short = Object.fromEntries(
      Object.entries(hasty)
        .filter(([name]) => Object.hasOwn(inputs, name))
        .map(([name, value]) => [name.replaceAll('-', '_').toUpperCase(), value]),
    );
    const jobs = Array.from({ length: Math.min(plan.entries, 2) }, (_, at) => {
      const job = `shard-${at + 1}`;
      cacheOf(job);
      return make(side, job, 'build-packages', {
        ...{ ...meet, ...short, PLAN: 'azl-plan-1', SHARD: String(at + 1) },
      });
    });
    const ended = await Promise.allSettled(jobs);
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    await act(side, 'build-packages/merge', 'merge', {
      'specs-dir': dirname(dirname(await find(side, 'hello/hello.spec'))),
      'package-build-list': sharded.join(' '),
      'exchange-dir': exchange,
      plan: 'azl-plan-1',
      'toolchain-dir': side.toolchain,
      'cache-dir': cacheOf('merge'),
      'build-dir': join(side.dir, 'merge', 'build'),
      'out-dir': join(side.dir, 'merge', 'out'),
    });
  });
}
