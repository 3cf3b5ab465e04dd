import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { problem } from '../../../src/shared/base/problems.ts';
import { findSpecs } from '../../../src/shared/specs/find.ts';
import { configFolderBeside, configsOf } from '../distribution.ts';

/** A spec that the folder holds. */
export interface SpecText {
  /** Relative to the workspace. */
  path: string;
  text: string;
  /** True if it names sources or patches, and no signatures file lies beside it. */
  lacksSignatures: boolean;
}

/** The parts of a repository that are there before `make init`. Paths are relative to the workspace. */
export interface FoundInFolder {
  /** The folder of specs: `.` if they lie at the top. It may not exist yet. */
  specsDir: string;
  specs: readonly SpecText[];
  /** The folder of image configs, beside that of specs. It may not exist yet. */
  configDir: string;
  /** The image configs in it. Sorted. */
  configs: readonly string[];
}

/**
 * Finds the specs of a folder, in `SPECS_DIR`, `SPECS` or at the top, and the image configs beside them.
 * @param given `SPECS_DIR`; empty if not given
 * @throws ProblemsError if the given folder is outside of the workspace
 */
export async function lookAround(workspace: string, given: string): Promise<FoundInFolder> {
  const { specsDir, specs } = await findSpecsDir(workspace, given);
  const configDir = configFolderBeside(specsDir);
  return { specsDir, specs, configDir, configs: configsOf(specsDir, workspace) };
}

async function findSpecsDir(
  workspace: string,
  given: string,
): Promise<Pick<FoundInFolder, 'specsDir' | 'specs'>> {
  if (given !== '') {
    const specsDir = relative(workspace, resolve(workspace, given)) || '.';
    if (specsDir === '..' || specsDir.startsWith('../')) {
      const hint = 'Workflows see only the files of the repository: name a folder in it.';
      throw problem(`SPECS_DIR is '${given}', which is outside of ${workspace}`, { hint });
    }
    return { specsDir, specs: await specsIn(workspace, specsDir) };
  }
  const usual = await specsIn(workspace, 'SPECS');
  const atTop = usual.length > 0 ? [] : await specsIn(workspace, '.');
  return atTop.length > 0 ? { specsDir: '.', specs: atTop } : { specsDir: 'SPECS', specs: usual };
}

async function specsIn(workspace: string, specsDir: string): Promise<SpecText[]> {
  const { files } = await findSpecs(join(workspace, specsDir));
  return files.map((file) => {
    const path = join(specsDir, file.path);
    const text = readFileSync(join(workspace, path), 'utf8');
    const signatures = join(workspace, dirname(path), `${file.package}.signatures.json`);
    return { path, text, lacksSignatures: /^(?:Source|Patch)\d*:/im.test(text) && !existsSync(signatures) };
  });
}

/** Returns the nearest folder above `dir` that is the top of a git repository; undefined if `dir` itself is one. */
export function repositoryAbove(dir: string): string | undefined {
  for (let at = realpathSync(dir); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at === realpathSync(dir) ? undefined : at;
    if (at === dirname(at)) return undefined;
  }
}
