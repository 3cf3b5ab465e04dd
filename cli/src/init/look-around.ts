import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { problem } from '../../../src/shared/base/problems.ts';
import { foldersIn } from '../../../src/shared/github/inputs.ts';
import { findSpecs, specFile } from '../../../src/shared/specs/find.ts';
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
  /** The folders of specs: `.` if they lie at the top. The first may not exist yet. */
  specsDirs: readonly [string, ...string[]];
  specs: readonly SpecText[];
  /** The folder of image configs, beside the first of specs. It may not exist yet. */
  configDir: string;
  /** The image configs in it. Sorted. */
  configs: readonly string[];
}

/**
 * Finds the specs of folders, in `SPECS_DIR`, `SPECS` or at the top, and the image configs beside them.
 * @param given `SPECS_DIR`; empty if not given
 * @throws ProblemsError if a given folder is outside of the workspace
 */
export async function lookAround(workspace: string, given: string): Promise<FoundInFolder> {
  const { specsDirs, specs } = await findSpecsDirs(workspace, given);
  const configDir = configFolderBeside(specsDirs);
  return { specsDirs, specs, configDir, configs: configsOf(specsDirs, workspace) };
}

async function findSpecsDirs(
  workspace: string,
  given: string,
): Promise<Pick<FoundInFolder, 'specsDirs' | 'specs'>> {
  const [first, ...others] = foldersIn(given, 'specs-dir').map((one) => folderIn(workspace, one));
  if (first !== undefined)
    return { specsDirs: [first, ...others], specs: await specsIn(workspace, [first, ...others]) };
  const usual = await specsIn(workspace, ['SPECS']);
  const atTop = usual.length > 0 ? [] : await specsIn(workspace, ['.']);
  return atTop.length > 0 ? { specsDirs: ['.'], specs: atTop } : { specsDirs: ['SPECS'], specs: usual };
}

/** Returns a given folder relative to the workspace. @throws ProblemsError if it is outside */
function folderIn(workspace: string, given: string): string {
  const found = relative(workspace, resolve(workspace, given)) || '.';
  if (found !== '..' && !found.startsWith('../')) return found;
  const hint = 'Workflows see only the files of the repository: name a folder in it.';
  throw problem(`SPECS_DIR is '${given}', which is outside of ${workspace}`, { hint });
}

async function specsIn(workspace: string, specsDirs: readonly string[]): Promise<SpecText[]> {
  const { files } = await findSpecs(specsDirs.map((one) => join(workspace, one)));
  return files.map((file) => {
    const path = relative(workspace, specFile(file));
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
