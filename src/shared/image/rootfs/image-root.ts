import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { createOverlay, type Root } from '../../sandbox/overlay.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { FatEntry } from '../disk/trees.ts';
import { innerRoot, type RootfsManifest } from './rootfs-manifest.ts';

/** The root of an image while it is made: a folder in a sandbox over the worker. */
export interface ImageRoot {
  /** The sandbox's own root. */
  sandbox: Root;
  /** Brings the image's root into the sandbox. */
  bind: Bind;
  /** Runs a program of the image, with the image's root as `/`. */
  run(argv: readonly string[], binds?: readonly Bind[]): Promise<void>;
  /** Runs a Python helper of the manifest. @throws ProblemsError with the helper's reason to refuse the request */
  help(helper: string, request: object, binds?: readonly Bind[]): Promise<HelperAnswer>;
}

interface HelperAnswer {
  /** The reason to refuse the request. */
  refused?: string;
  /** Content of the FAT trees, by partition id. */
  parts?: Record<string, FatEntry[]>;
}

/** Makes an empty root in `workDir`. */
export async function openImageRoot(options: {
  manifest: RootfsManifest;
  worker: string;
  workDir: string;
  /** The config's path, for messages. */
  file: string;
  signal?: AbortSignal | undefined;
}): Promise<ImageRoot> {
  const { manifest, worker, workDir, file, signal } = options;
  const helpers = join(workDir, 'run');
  await mkdir(join(workDir, 'work', 'root'), { recursive: true });
  await mkdir(helpers);
  const sandbox = { worker, overlay: await createOverlay(join(workDir, 'overlay')) };
  const bind: Bind = { source: join(workDir, 'work'), target: '/work', writable: true };
  const enter = { root: sandbox, as: 'root' as const, env: manifest.environment, signal };
  return {
    sandbox,
    bind,
    run: async (argv, binds = []) => {
      const inside = ['chroot', innerRoot, ...argv];
      await runInSandbox(inside, { ...enter, binds: [bind, ...binds], inner: [innerRoot] });
    },
    help: async (helper, request, binds = []) => {
      for (const [name, text] of Object.entries(manifest.helpers)) await writeFile(join(helpers, name), text);
      const { epoch, emptied, cleared, obsoleteFiles } = manifest;
      const whole = { root: innerRoot, epoch, emptied, cleared, obsoleteFiles, ...request };
      await writeFile(join(helpers, 'request.json'), JSON.stringify(whole));
      const run: Bind = { source: helpers, target: '/azl/run' };
      const argv = ['/usr/bin/python3', '-IB', `/azl/run/${helper}`, '/azl/run/request.json'];
      const { stdout } = await runInSandbox(argv, { ...enter, binds: [bind, run, ...binds] });
      const answer = JSON.parse(stdout) as HelperAnswer;
      if (answer.refused !== undefined) throw problem(answer.refused, { file });
      return answer;
    },
  };
}
