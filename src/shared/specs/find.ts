import { accessSync, constants, type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Problem } from '../base/problems.ts';
import { isPlainFileName } from './text.ts';

/** A spec file that was found. */
export interface SpecFile {
  /** Its name without `.spec`. */
  package: string;
  /** The folder of specs that it lies in, as the user wrote it. */
  specsDir: string;
  /** Relative to that folder. */
  path: string;
}

/** Returns the path of a spec, as the user wrote its folder. Pure. */
export function specFile({ specsDir, path }: Pick<SpecFile, 'specsDir' | 'path'>): string {
  return join(specsDir, path);
}

/** A problem of a folder of specs, and the packages that cannot be built for it: none when it concerns the whole folder. */
export interface SpecError {
  packages: readonly string[];
  problem: Problem;
}

/** The specs of folders, and what is wrong with their names and places. */
export interface FoundSpecs {
  files: SpecFile[];
  errors: SpecError[];
  /** A warning for each spec that another one of its name in an earlier folder replaces. */
  replaced: Problem[];
}

/**
 * Finds the spec files `<folder>/<name>.spec` and `<folder>/<dir>/<name>.spec` of folders of specs. Of two that have one
 * name, that in the earlier folder counts. Reads no spec.
 */
export async function findSpecs(specsDirs: readonly string[]): Promise<FoundSpecs> {
  const found: FoundSpecs = { files: [], errors: [], replaced: [] };
  const earlier = new Map<string, SpecFile>();
  for (const specsDir of specsDirs) {
    const { files, errors } = findInFolder(specsDir);
    found.errors.push(...errors);
    for (const file of files) {
      const first = earlier.get(file.package);
      if (first === undefined) found.files.push(file);
      else found.replaced.push(replacedBy(file, first));
    }
    for (const file of files) if (!earlier.has(file.package)) earlier.set(file.package, file);
  }
  return found;
}

function replacedBy(file: SpecFile, first: SpecFile): Problem {
  return {
    file: specFile(file),
    message: `this spec is left out: ${specFile(first)} has the same name, in an earlier folder of specs-dir`,
  };
}

/** Looks at thousands of files: by calls that wait, which take a third of the time of others. */
function findInFolder(specsDir: string): Omit<FoundSpecs, 'replaced'> {
  const errors: SpecError[] = [];
  const report = (problem: Problem, ...packages: string[]) => errors.push({ packages, problem });
  const files: SpecFile[] = [];
  const root = realPath(specsDir);
  if (root === undefined || !statSync(root).isDirectory()) {
    const hint = 'Set SPECS_DIR to the folder that holds <name>/<name>.spec.';
    report({ file: specsDir, message: 'there is no such folder of specs', hint });
    return { files, errors };
  }
  const entriesOf = (folder: string): Dirent<Buffer>[] => {
    try {
      const entries = readdirSync(join(root, folder), { encoding: 'buffer', withFileTypes: true });
      return entries.sort((a, b) => Buffer.compare(a.name, b.name));
    } catch {
      const problem = { message: 'this folder cannot be read', hint: openUp };
      report({ file: join(specsDir, shown(folder)), ...problem }, ...[folder].filter(Boolean));
      return [];
    }
  };
  const look = (folder: string, isLinked: boolean) => {
    for (const entry of entriesOf(folder)) {
      const name = entry.name.toString('utf8');
      if (folder !== '' && !name.endsWith('.spec')) continue;
      const exact = Buffer.from(name, 'utf8').equals(entry.name);
      const path = posix.join(folder, name);
      const isPlain = exact && isPlainFileName(name);
      if (name.endsWith('.spec')) {
        const isCertain = entry.isFile() && !isLinked;
        const problem = isPlain ? problemOf(root, path, isCertain) : badName;
        if (problem === undefined) files.push({ package: name.slice(0, -'.spec'.length), specsDir, path });
        else report({ file: join(specsDir, shown(path)), ...problem }, name.slice(0, -'.spec'.length));
      } else if (exact && isFolder(entry, join(root, name))) {
        if (isPlain) look(name, !entry.isDirectory());
        else if (entriesOf(name).some((inner) => inner.name.toString('utf8').endsWith('.spec')))
          report({ file: join(specsDir, shown(name)), ...badName }, name);
      }
    }
  };
  look('', false);
  if (files.length === 0 && errors.length === 0) {
    const hint = 'Put each package into a folder of its own: <name>/<name>.spec with its sources beside it.';
    report({ file: specsDir, message: 'the folder holds no spec', hint });
  }
  return { files, errors: [...errors, ...sameNames(files)] };
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

function isFolder(entry: Dirent<Buffer>, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const real = realPath(path);
  return real !== undefined && statSync(real).isDirectory();
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** @param isCertain true for a file that no link leads to */
function problemOf(root: string, path: string, isCertain: boolean): Omit<Problem, 'file'> | undefined {
  const real = isCertain ? join(root, path) : realPath(join(root, path));
  const leads = (where: string) => {
    return { message: `this symbolic link leads ${where}`, hint: 'Replace it by the spec itself.' };
  };
  if (real === undefined) return leads('nowhere');
  if (!real.startsWith(`${root}/`)) return leads('out of the folder of specs');
  if (!isCertain && !statSync(real).isFile())
    return { message: 'this is no file', hint: 'Remove it, or put the spec there.' };
  try {
    accessSync(real, constants.R_OK);
    return undefined;
  } catch {
    return { message: 'this spec cannot be read', hint: openUp };
  }
}

function sameNames(files: readonly SpecFile[]): SpecError[] {
  const first = new Map<string, SpecFile>();
  return files.flatMap((file) => {
    const other = first.get(file.package);
    first.set(file.package, other ?? file);
    if (other === undefined) return [];
    const message = `this spec has the same name as ${specFile(other)}`;
    const hint = "Rename one: a spec's file name is its package's identity.";
    return [{ packages: [file.package], problem: { file: specFile(file), message, hint } }];
  });
}
