import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseUserJson } from '../base/json.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { readUserFile } from '../host/files.ts';
import type { TreeInputs } from '../model/inputs.ts';

/** The Debian source package that ships an upstream tarball byte for byte, under a name of Debian's. */
export interface DebianSource {
  package: string;
  version: string;
  /** The tarball's name there: `bzip2_1.0.8.orig.tar.gz`. */
  file: string;
}

/** `debian-sources.json`: base names of sources, all from one suite. */
export interface DebianSources {
  suite: string;
  files: ReadonlyMap<string, DebianSource>;
}

const rowHint = 'Write {"package": …, "version": …, "file": …}, as `apt-get source --print-uris` tells them.';

const shapes = {
  package: /^[a-z0-9][a-z0-9.+-]+$/,
  version: /^[0-9][A-Za-z0-9.+~:-]*$/,
  file: /^[a-z0-9][A-Za-z0-9.+~_-]+$/,
};

/** Parses the text of a `debian-sources.json`. @throws ProblemsError with all errors */
export function parseDebianSources(text: string, file: string): DebianSources {
  const value = parseUserJson(text, file) as { suite?: unknown; files?: unknown } | null;
  const problems: Problem[] = [];
  const suite = typeof value?.suite === 'string' ? value.suite : '';
  if (!/^[a-z][a-z0-9-]*$/.test(suite))
    problems.push({
      message: `${JSON.stringify(value?.suite)} is no name of a suite`,
      file,
      path: '$.suite',
    });
  const files = new Map<string, DebianSource>();
  const isTable = typeof value?.files === 'object' && value.files !== null && !Array.isArray(value.files);
  if (!isTable) problems.push({ message: 'this is no JSON object', file, path: '$.files' });
  const rows = isTable ? Object.entries(value.files as object) : [];
  for (const [name, row] of rows as [string, Partial<Record<keyof DebianSource, unknown>> | null][]) {
    const path = `$.files[${JSON.stringify(name)}]`;
    const bad = (Object.keys(shapes) as (keyof DebianSource)[]).filter((key) => {
      const text = row?.[key];
      return typeof text !== 'string' || !shapes[key].test(text);
    });
    for (const key of bad) {
      const message = `${JSON.stringify(row?.[key])} is no Debian source ${key}`;
      problems.push({ message, file, path: `${path}.${key}`, hint: rowHint });
    }
    if (bad.length === 0) files.set(name, row as unknown as DebianSource);
  }
  failOnProblems(problems);
  return { suite, files };
}

/** Reads a `debian-sources.json`. @throws ProblemsError */
export async function readDebianSources(path: string): Promise<DebianSources> {
  return parseDebianSources(await readUserFile(path, 'The list of Debian sources'), path);
}

/** Returns the path of the file that names the Debian source package of each source; empty if there is none. */
export function debianSourcesFile(inputs: Pick<TreeInputs, 'specsDir' | 'debianSources'>): string {
  const beside = join(dirname(inputs.specsDir[0] ?? '.'), 'debian-sources.json');
  return inputs.debianSources === '' && existsSync(beside) ? beside : inputs.debianSources;
}
