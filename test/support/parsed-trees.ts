import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLog } from '../../src/shared/base/log.ts';
import { failOnProblems, formatProblem, ProblemsError } from '../../src/shared/base/problems.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import type { Spec } from '../../src/shared/model/spec.ts';
import { type ParseOptions, parseSpecs } from '../../src/shared/specs/parse.ts';
import { writeTree } from './trees.ts';
import { testWorker } from './worker.ts';

/** Trees of specs in a temporary folder, each parsed by the toolchain's worker. */
export interface ParsedTrees {
  dir: string;
  worker: string;
  /** Adds `files` to the tree `name`, and parses it. @throws ProblemsError */
  parse(
    name: string,
    files: Readonly<Record<string, string>>,
    options?: Partial<ParseOptions>,
  ): Promise<Map<string, Spec>>;
  /** Does the same, and returns the specs and the problems as they are. */
  outcome(...args: Parameters<ParsedTrees['parse']>): ReturnType<typeof parseSpecs>;
  /** Does the same, and returns the problems as people read them, with paths below `dir`. */
  problems(...args: Parameters<ParsedTrees['parse']>): Promise<string[]>;
  remove(): Promise<void>;
}

export async function parsedTrees(): Promise<ParsedTrees> {
  const { worker } = await testWorker();
  const dir = await mkdtemp(join(tmpdir(), 'azl-parse-'));
  await chmod(dir, 0o755);
  const outcome: ParsedTrees['outcome'] = async (name, files, options = {}) => {
    const specsDir = join(dir, name);
    await writeTree(specsDir, files);
    const all = {
      ...{ specsDirs: [specsDir], worker, overlaysDir: join(dir, 'overlays'), macroFiles: [], defines: {} },
      ...{ arch: 'x86_64', jobs: 4, log: recordingLog() },
    };
    return await parseSpecs({ ...all, ...options });
  };
  const parse: ParsedTrees['parse'] = async (...args) => {
    const { specs, errors } = await outcome(...args);
    failOnProblems(errors.map(({ problem }) => problem));
    return new Map(specs.map((spec): [string, Spec] => [spec.package, spec]));
  };
  const problems: ParsedTrees['problems'] = async (...args) => {
    const error = await parse(...args).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ProblemsError)) throw error ?? new Error('no problem was found');
    return error.problems.map(formatProblem).map((line) => line.replaceAll(`${dir}/`, ''));
  };
  return { dir, worker, parse, outcome, problems, remove: async () => await removeTree(dir) };
}
