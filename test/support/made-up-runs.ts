import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Services } from '../services/server.ts';
import { runBundle } from './bundle.ts';
import { SharedRun } from './shards.ts';
import { type TinyPackage, tinyPackages, writeTree } from './tiny-distro.ts';
import { testWorker } from './worker.ts';
import { digests, newWorkspace, removeWorkspace } from './workspace.ts';

/** What a run publishes. */
export const published = ['out/RPMS', 'out/SRPMS'];

/** Runs of made-up trees by several jobs, for the tests of one file, which removes them at its end. */
export function madeUpRuns() {
  const workspaces: string[] = [];
  let toolchainDir = '';
  let alone: Record<string, string> = {};
  const workspace = (): string => {
    const dir = newWorkspace();
    workspaces.push(dir);
    return dir;
  };
  beforeAll(async () => {
    toolchainDir = (await testWorker()).dir;
    const dir = workspace();
    await writeTree(join(dir, 'SPECS'), tinyPackages());
    const run = await runBundle('build-packages', { 'toolchain-dir': toolchainDir }, dir);
    expect(run.code, run.said).toBe(0);
    alone = digests(dir, published);
  });
  afterAll(async () => {
    for (const dir of workspaces) await removeWorkspace(dir);
  });
  return {
    workspace,
    toolchainDir: () => toolchainDir,
    /** What one job makes of `tinyPackages`. */
    alone: () => alone,
    /** A run of these packages; without `services` its exchange is a folder. */
    runOf: async (packages: Record<string, TinyPackage>, services?: Services): Promise<SharedRun> => {
      const dir = workspace();
      await writeTree(join(dir, 'SPECS'), packages);
      return new SharedRun(dir, { 'toolchain-dir': toolchainDir }, services);
    },
  };
}

/** What is in the folder that the jobs of a run exchange, sorted. */
export function items(run: SharedRun): string[] {
  return readdirSync(join(run.dir, 'exchange/artifacts')).sort();
}

/** The RPMs and SRPMs among the digests of what a run published. */
export const rpmsOf = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([path]) => path.endsWith('.rpm')));

/** Packages that a job said it built. */
export function builtIn(said: string): string[] {
  return [...said.matchAll(/^(\S+): built in/gm)].map(([, name]) => name as string);
}

/** Ends a job and all that it started, unless it has ended. */
export const kill = ({ child }: { child: { pid?: number | undefined } }) => {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
