import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import type { JobOptions } from '../services/job.ts';
import { type Services, startServices } from '../services/server.ts';
import { type Inputs, startBundle } from './bundle.ts';
import { testWorker } from './worker.ts';
import { newWorkspace, removeWorkspace } from './workspace.ts';

/** The call that looks for an entry of the cache. */
export const lookUp = 'GetCacheEntryDownloadURL';
/** What was downloaded and converted: with it, a toolchain is made in seconds. */
export const parts = ['apt', 'debs', 'stand-ins'];
/** The line of a job that makes a toolchain. */
export const making = /^Installing the worker/m;

/** Jobs with the action `toolchain`, on machines of their own. Call it once in a test file: it registers hooks. */
export function toolchainJobs() {
  const top = newWorkspace();
  let services: Services;
  let machines = 0;

  beforeAll(async () => {
    services = await startServices();
  });
  afterEach(() => services.heal());
  afterAll(async () => {
    await services.close();
    await removeWorkspace(top);
  });

  return {
    services: () => services,
    /** A runner of its own, with some of what lies in this checkout's cache folder. */
    machine: async (having: readonly string[] = []): Promise<string> => {
      const dir = join(top, `machine-${++machines}`);
      const cache = join(dir, 'build/cache');
      mkdirSync(cache, { recursive: true });
      const from = join((await testWorker()).dir, '..');
      for (const name of having) await runTool(['cp', '-al', '--', join(from, name), cache]);
      return dir;
    },
    toolchain: async (dir: string, inputs: Inputs = {}, event?: string, options?: JobOptions) => {
      const environment = {
        ...services.environment('run', 'job', options),
        ...(event === undefined ? {} : { GITHUB_EVENT_NAME: event }),
      };
      return await startBundle('toolchain', inputs, dir, [], environment).ended;
    },
  };
}
