import { appendFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import type { JobOptions } from '../services/job.ts';
import { tokens } from '../services/rest.ts';
import { type Services, startServices } from '../services/server.ts';
import type { BundleRun, Inputs } from './bundle.ts';
import { SharedRun } from './shards.ts';
import { building, writeTree } from './tiny-distro.ts';
import { testWorker } from './worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace, statesOf } from './workspace.ts';

/** A library, what is built with it, and what has nothing to do with either. */
export const tree = {
  ...building('lib', 'true'),
  ...building('app', 'cat /usr/share/lib', 'BuildRequires: lib'),
  ...building('other', 'true'),
};

/** Where a run publishes, below its folder. */
export const published = ['out/RPMS', 'out/SRPMS'];

/** The RPMs and SRPMs of {@link digests}, by path. */
export const rpmsOf = (bytes: Record<string, string>) =>
  Object.entries(bytes).filter(([path]) => path.endsWith('.rpm'));

/** All that several jobs logged. */
export const saidBy = (runs: readonly BundleRun[]) => runs.map(({ said }) => said).join('\n');

/** Every job of a run, which has to end with `code` in merge: what each said, how each package ended. */
export async function through(run: SharedRun, code = 0, inputs: Inputs = {}) {
  const plan = await run.plan(2, inputs);
  expect(plan.code, plan.said).toBe(0);
  const numbers = (JSON.parse(plan.outputs['matrix'] ?? '') as { shard: number[] }).shard;
  const shards = await Promise.all(numbers.slice(0, 2).map((id) => run.shard(id).ended));
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(code);
  return { plan, shards, merge, states: statesOf(run.merged()), bytes: digests(run.merged(), published) };
}

/** The key of a package in a run that was merged. */
export function keyIn(run: SharedRun, name: string): string {
  const { packages } = JSON.parse(readFileSync(join(run.merged(), 'out/build.json'), 'utf8')) as BuildJson;
  return packages.find((one) => one.name === name)?.key as string;
}

/** How a run of the tests differs from the first: the run before it, whose specs it has, and the spec it edits. */
interface Changes {
  before?: SharedRun;
  edit?: string;
}

/**
 * Workflow runs one after the other over one cache service. Call it once in a test file: it registers hooks. Each test
 * has services of its own; the first run is made once, and a test that needs it takes up its cache.
 */
export function runsOverOneCache() {
  const workspaces: string[] = [];
  let toolchainDir = '';
  let services: Services;
  let prepared: { run: SharedRun; services: Services; ended: Awaited<ReturnType<typeof through>> };

  const open = async (
    { before, edit }: Changes,
    cache: JobOptions & { event?: string },
    inputs: Inputs,
    over: Services,
  ): Promise<SharedRun> => {
    const dir = newWorkspace();
    if (before === undefined) await writeTree(join(dir, 'SPECS'), tree);
    else cpSync(join(before.dir, 'SPECS'), join(dir, 'SPECS'), { recursive: true });
    if (edit !== undefined) appendFileSync(join(dir, 'SPECS', edit, `${edit}.spec`), '# A comment.\n');
    return new SharedRun(
      dir,
      { 'toolchain-dir': toolchainDir, token: tokens.actions, ...inputs },
      over,
      cache,
    );
  };
  const removeAll = async (dirs: readonly string[]) => {
    for (const dir of dirs) {
      expect(leftBehind(dir)).toEqual([]);
      await removeWorkspace(dir);
    }
  };

  beforeAll(async () => {
    toolchainDir = (await testWorker()).dir;
    const own = await startServices();
    const run = await open({}, {}, {}, own);
    prepared = { run, services: own, ended: await through(run) };
    await own.close();
  });
  afterAll(async () => await removeAll([prepared.run.dir]));
  beforeEach(async () => {
    services = await startServices();
  });
  afterEach(async () => {
    await services.close();
    await removeAll(workspaces.splice(0));
  });

  return {
    /** The services of the current test. */
    get services(): Services {
      return services;
    },
    get toolchainDir(): string {
      return toolchainDir;
    },
    /** Opens a run on machines of its own, with the tree of `before`, edited, or with the made-up one. */
    newRun: async (
      changes: Changes = {},
      cache: JobOptions & { event?: string } = {},
      inputs: Inputs = {},
    ): Promise<SharedRun> => {
      const run = await open(changes, cache, inputs, services);
      workspaces.push(run.dir);
      return run;
    },
    /** The run before those of a test, and how it ended: what it left in the cache is there. */
    firstRun: (): { first: SharedRun; one: typeof prepared.ended } => {
      services.caches.copyFrom(prepared.services.caches);
      return { first: prepared.run, one: prepared.ended };
    },
    /** Keys of the entries of this kind, oldest first. */
    keysOf: (kind: string) => services.caches.keys().filter((key) => key.startsWith(`azl-${kind}-`)),
    /** How often a call was made. */
    callsOf: (call: string) => services.calls.get(call) ?? 0,
  };
}
