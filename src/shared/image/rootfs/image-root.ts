import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { boolean, list, map, object, optional, type Schema, text } from '../../base/schema.ts';
import { parseDocument } from '../../base/validate.ts';
import { removeTree } from '../../host/folders.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { limitsOf, type Step } from '../../sandbox/limits.ts';
import { createOverlay, type Root } from '../../sandbox/overlay.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { FatEntry, TreeEntry } from '../disk/trees.ts';
import { innerRoot, innerTrees, type RootfsManifest } from './rootfs-manifest.ts';

/** The root of an image while it is made. */
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
export interface HelperAnswer {
  /** Its reason to refuse the request. */
  refused?: string;
  /** By the id of a partition: what a FAT filesystem holds. */
  parts?: Record<string, FatEntry[]>;
  /** By the name of a tree. */
  entries?: Record<string, TreeEntry[]>;
  /** The RPMs of rpm's database, and of the files that were to be installed. */
  installed?: string[];
  expected?: string[];
}

const count = { type: 'integer', minimum: 0 };
const treeEntry: Schema<TreeEntry> = {
  json: { type: 'array', minItems: 5, maxItems: 5, items: [{ type: 'string' }, count, count, count, count] },
};
const helperAnswer = object<HelperAnswer>({
  refused: optional(text()),
  parts: optional(map(list(object<FatEntry>({ path: text(), folder: boolean })))),
  entries: optional(map(list(treeEntry, 1e7))),
  installed: optional(list(text())),
  expected: optional(list(text())),
});

/**
 * Makes an empty root in `workDir`. The image's own programs have it as their `/`, and see nothing beside it. Everything
 * else runs in an overlay of the worker that is made for it and removed after it: no stranger's code ran there before.
 */
export async function openImageRoot(options: RootOptions) {
  const { manifest, worker, workDir, file, signal } = options;
  const helpers = join(workDir, 'run');
  const trees = join(workDir, 'trees');
  const tree = join(trees, 'root');
  await mkdir(tree, { recursive: true });
  await mkdir(helpers);
  const enter = { as: 'root' as const, env: manifest.environment, signal };
  let overlays = 0;
  const inWorker = async <T>(body: (root: Root) => Promise<T>): Promise<T> => {
    const overlay = await createOverlay(join(workDir, `overlay-${++overlays}`));
    try {
      return await body({ worker, overlay });
    } finally {
      await removeTree(overlay);
    }
  };
  return {
    /** The trees of all filesystems; `root` is the image's root. */
    trees,
    /** Brings the image's root, and nothing else of the work folder, into a sandbox. */
    bind: (writable: boolean): Bind => ({ source: tree, target: innerRoot, writable }),
    inWorker,
    /** Runs a program of the image, with the image's root as `/`. */
    run: async (argv: readonly string[], step: Step, binds: readonly Bind[] = []): Promise<void> => {
      await runInSandbox(argv, { ...enter, root: { tree }, binds, limits: limitsOf(step) });
    },
    /**
     * Runs a Python helper of the manifest.
     * @param binds what it sees besides itself
     * @throws ProblemsError with the helper's reason to refuse the request
     */
    help: async (helper: string, request: object, binds: readonly Bind[]): Promise<HelperAnswer> => {
      for (const [name, source] of Object.entries(manifest.helpers))
        await writeFile(join(helpers, name), source);
      const { epoch, emptied, cleared, obsoleteFiles } = manifest;
      const whole = { root: innerRoot, epoch, emptied, cleared, obsoleteFiles, ...request };
      await writeFile(join(helpers, 'request.json'), JSON.stringify(whole));
      const run: Bind = { source: helpers, target: '/azl/run' };
      const argv = ['/usr/bin/python3', '-IB', `/azl/run/${helper}`, '/azl/run/request.json'];
      const { stdout } = await inWorker((root) =>
        runInSandbox(argv, { ...enter, root, binds: [run, ...binds] }),
      );
      const answer = parseDocument(helperAnswer, stdout, `the answer of ${helper}`);
      if (answer.refused !== undefined) throw problem(answer.refused, { file });
      return answer;
    },
    /** Brings all trees into the sandbox of a helper that makes them of the root. */
    bindAll: { source: trees, target: innerTrees, writable: true } satisfies Bind,
  };
}
