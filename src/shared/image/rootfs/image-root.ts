import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { createOverlay } from '../../sandbox/overlay.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { Trees } from '../disk/trees.ts';
import { innerRoot, type RootfsManifest } from './rootfs-manifest.ts';

/** The root of an image while it is made: a folder in a sandbox over the worker. */
export type ImageRoot = Awaited<ReturnType<typeof openImageRoot>>;

export interface RootOptions {
  manifest: RootfsManifest;
  /** The config's path, for messages. */
  file: string;
  /** Tree of the worker. */
  worker: string;
  /** A new folder. The caller removes it with `removeTree`. */
  workDir: string;
  signal?: AbortSignal | undefined;
}

/** The answer of a helper. */
interface HelperAnswer {
  /** Its reason to refuse the request. */
  refused?: string;
  parts?: Trees['fat'];
  entries?: Trees['entries'];
}

/** Makes an empty root in `workDir`. */
export async function openImageRoot(options: RootOptions) {
  const { manifest, worker, workDir, file, signal } = options;
  const helpers = join(workDir, 'run');
  await mkdir(join(workDir, 'work', 'root'), { recursive: true });
  await mkdir(helpers);
  const sandbox = { worker, overlay: await createOverlay(join(workDir, 'overlay')) };
  const bind: Bind = { source: join(workDir, 'work'), target: '/work', writable: true };
  const enter = { root: sandbox, as: 'root' as const, env: manifest.environment, signal };
  return {
    sandbox,
    /** Brings the image's root into the sandbox. */
    bind,
    /** Runs a program of the image, with the image's root as `/`. */
    run: async (argv: readonly string[], binds: readonly Bind[] = []): Promise<void> => {
      const inside = ['chroot', innerRoot, ...argv];
      await runInSandbox(inside, { ...enter, binds: [bind, ...binds], inner: [innerRoot] });
    },
    /**
     * Runs a Python helper of the manifest.
     * @returns the content of the trees, of a helper that makes them
     * @throws ProblemsError with the helper's reason to refuse the request
     */
    help: async (
      helper: string,
      request: object,
      binds: readonly Bind[] = [],
    ): Promise<Omit<Trees, 'dir'>> => {
      for (const [name, text] of Object.entries(manifest.helpers)) await writeFile(join(helpers, name), text);
      const { epoch, emptied, cleared, obsoleteFiles } = manifest;
      const whole = { root: innerRoot, epoch, emptied, cleared, obsoleteFiles, ...request };
      await writeFile(join(helpers, 'request.json'), JSON.stringify(whole));
      const run: Bind = { source: helpers, target: '/azl/run' };
      const argv = ['/usr/bin/python3', '-IB', `/azl/run/${helper}`, '/azl/run/request.json'];
      const { stdout } = await runInSandbox(argv, { ...enter, binds: [bind, run, ...binds] });
      const { refused, parts = {}, entries = {} } = JSON.parse(stdout) as HelperAnswer;
      if (refused !== undefined) throw problem(refused, { file });
      return { fat: parts, entries };
    },
  };
}
