import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import type { Spec, SpecSource } from '../model/spec.ts';
import { isPlainFileName } from '../specs/text.ts';
import { missingEntries, type Signatures, signaturesFile } from './signatures.ts';

/** A spec, as far as its sources go. */
export type SourcesOf = Pick<Spec, 'package' | 'path' | 'sources'>;

/** Where sources lie on this machine. */
export interface LocalLocations {
  specsDir: string;
  /** Searched by base name, in this order, after the spec's folder. */
  sourceDirs: readonly string[];
}

/**
 * The digest of every source and patch of a package, without fetching anything: Sources by their signature entries,
 * patches by their bytes. Local files are compared at once.
 */
export async function digestsOf(
  places: LocalLocations,
  spec: SourcesOf,
  signatures: Signatures,
): Promise<{ digests: Record<string, string>; problems: Problem[] }> {
  const file = signaturesFile(places.specsDir, spec);
  const problems = missingEntries(file, spec.package, spec.sources, signatures);
  const digests: Record<string, string> = {};
  for (const source of spec.sources) {
    const signed = signatures.get(source.name);
    const local = await localFile(places, spec, source);
    if (local !== undefined && 'problem' in local) {
      problems.push(local.problem);
    } else if (local !== undefined) {
      const found = await fileDigest(local.path);
      digests[source.name] = found;
      if (signed !== undefined && signed !== found)
        problems.push(wrongDigest(local.path, signed, found, spec.package));
    } else if (source.kind === 'patch') {
      problems.push(missing(places, spec, source, []));
    } else if (signed !== undefined) {
      digests[source.name] = signed;
    }
  }
  return { digests, problems };
}

/** The file of a source beside its spec or in a source folder; undefined when there is none. */
export async function localFile(
  places: LocalLocations,
  spec: SourcesOf,
  source: SpecSource,
): Promise<{ path: string } | { problem: Problem } | undefined> {
  const refuse = (message: string) => ({
    problem: { message: `${labelOf(source)} '${source.name}' ${message}`, file: specFile(places, spec) },
  });
  if (!isPlainFileName(source.name)) return refuse('is no plain file name');
  const beside = join(places.specsDir, spec.path, '..');
  for (const folder of [beside, ...places.sourceDirs]) {
    const path = join(folder, source.name);
    try {
      const real = await realpath(path);
      if (!(await stat(real)).isFile()) return refuse(`(${path}) is no regular file`);
      // A tree of specs may come from strangers: what it links to on this machine is not theirs to pack.
      if (folder === beside && !real.startsWith((await realpath(places.specsDir)) + sep))
        return refuse(`(${path}) is a link that leads out of ${places.specsDir}`);
      return { path };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT') return refuse(`(${path}) cannot be read (${code})`);
    }
  }
  return undefined;
}

/** A local file has other bytes than its signature says. */
export function wrongDigest(file: string, signed: string, found: string, name: string): Problem {
  return {
    message: `its SHA-256 is ${found}, but ${name}.signatures.json says ${signed}`,
    file,
    hint: `Restore the file, or check it and run: make signatures PACKAGE=${name}`,
  };
}

/** A source is nowhere; `failures` say what each address answered. */
export function missing(
  places: LocalLocations,
  spec: SourcesOf,
  source: SpecSource,
  failures: readonly string[],
): Problem {
  const looked = ['beside the spec', ...places.sourceDirs, ...failures];
  return {
    message: `${labelOf(source)} '${source.name}' is nowhere to be found. Looked ${looked.join('; ')}`,
    file: specFile(places, spec),
    hint:
      source.kind === 'patch'
        ? 'Put the patch beside the spec.'
        : 'Put the file beside the spec or into a folder of SOURCE_DIRS, or name a server that has it with SOURCE_URL.',
  };
}

function specFile(places: LocalLocations, spec: SourcesOf): string {
  return join(places.specsDir, spec.path);
}

/** `Source0`, `Patch12`: as the spec calls it. */
function labelOf(source: SpecSource): string {
  return `${source.kind === 'patch' ? 'Patch' : 'Source'}${source.number}`;
}
