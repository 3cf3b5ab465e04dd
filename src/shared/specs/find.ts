import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Problem } from '../base/problems.ts';
import { isPlainFileName } from './text.ts';

/** A spec file that was found. */
export interface SpecFile {
  /** Its name without `.spec`. */
  package: string;
  /** Relative to the specs folder. */
  path: string;
}

/** A problem of a folder of specs, and the packages that cannot be built for it: none when it concerns the whole folder. */
export interface SpecError {
  packages: readonly string[];
  problem: Problem;
}

/**
 * Finds the spec files `<specsDir>/<name>.spec` and `<specsDir>/<dir>/<name>.spec`, and every error of their names and
 * places. Reads no spec.
 */
export async function findSpecs(specsDir: string): Promise<{ files: SpecFile[]; errors: SpecError[] }> {
  const errors: SpecError[] = [];
  const report = (problem: Problem, ...packages: string[]) => errors.push({ packages, problem });
  const files: SpecFile[] = [];
  const root = await realpath(specsDir).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) {
    const hint = 'Set SPECS_DIR to the folder that holds <name>/<name>.spec.';
    report({ file: specsDir, message: 'there is no such folder of specs', hint });
    return { files, errors };
  }
  const entriesOf = async (folder: string): Promise<Buffer[]> => {
    try {
      return (await readdir(join(root, folder), { encoding: 'buffer' })).sort(Buffer.compare);
    } catch {
      const problem = { message: 'this folder cannot be read', hint: openUp };
      report({ file: join(specsDir, shown(folder)), ...problem }, ...[folder].filter(Boolean));
      return [];
    }
  };
  const look = async (folder: string) => {
    for (const bytes of await entriesOf(folder)) {
      const name = bytes.toString('utf8');
      const exact = Buffer.from(name, 'utf8').equals(bytes);
      const path = posix.join(folder, name);
      if (name.endsWith('.spec')) {
        const problem = exact && isPlainFileName(name) ? await problemOf(root, path) : badName;
        if (problem === undefined) files.push({ package: name.slice(0, -'.spec'.length), path });
        else report({ file: join(specsDir, shown(path)), ...problem }, name.slice(0, -'.spec'.length));
      } else if (folder === '' && exact && (await statOf(join(root, name)))?.isDirectory()) {
        if (isPlainFileName(name)) await look(name);
        else if ((await entriesOf(name)).some((inner) => inner.toString('utf8').endsWith('.spec')))
          report({ file: join(specsDir, shown(name)), ...badName }, name);
      }
    }
  };
  await look('');
  if (files.length === 0 && errors.length === 0) {
    const hint = 'Put each package into a folder of its own: <name>/<name>.spec with its sources beside it.';
    report({ file: specsDir, message: 'the folder holds no spec', hint });
  }
  return { files, errors: [...errors, ...sameNames(specsDir, files)] };
}

const badName = {
  message: 'azl does not support this name',
  hint: 'Use letters, digits and the characters . _ + ~ - only, starting with a letter or a digit.',
};

const openUp = 'Run `chmod -R u+rX` on the folder of specs.';

/** Writes a path without characters that control a terminal or a log. */
function shown(path: string): string {
  return JSON.stringify(path).slice(1, -1);
}

const statOf = async (path: string) => await stat(path).catch(() => undefined);

async function problemOf(root: string, path: string): Promise<Omit<Problem, 'file'> | undefined> {
  const real = await realpath(join(root, path)).catch(() => undefined);
  const leads = (where: string) => {
    return { message: `this symbolic link leads ${where}`, hint: 'Replace it by the spec itself.' };
  };
  if (real === undefined) return leads('nowhere');
  if (!real.startsWith(`${root}/`)) return leads('out of the folder of specs');
  if (!(await stat(real)).isFile())
    return { message: 'this is no file', hint: 'Remove it, or put the spec there.' };
  const isReadable = access(real, constants.R_OK).then(
    () => true,
    () => false,
  );
  return (await isReadable) ? undefined : { message: 'this spec cannot be read', hint: openUp };
}

function sameNames(specsDir: string, files: readonly SpecFile[]): SpecError[] {
  const first = new Map<string, string>();
  return files.flatMap((file) => {
    const other = first.get(file.package);
    first.set(file.package, other ?? file.path);
    if (other === undefined) return [];
    const message = `this spec has the same name as ${join(specsDir, other)}`;
    const hint = "Rename one: a spec's file name is its package's identity.";
    return [{ packages: [file.package], problem: { file: join(specsDir, file.path), message, hint } }];
  });
}
