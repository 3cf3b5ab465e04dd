import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { placesIn } from '../base/json.ts';
import { makeCommand } from '../base/make-command.ts';
import type { Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import { textToSearch } from '../host/find-places.ts';
import type { Spec, SpecSource } from '../model/spec.ts';
import { specFile } from '../specs/find.ts';
import { isFileName } from '../specs/text.ts';
import { missingEntries, type Signatures, signaturesFile } from './signatures.ts';
import { filesOfSpec } from './spec-folder.ts';

/** The fields of a spec that concern its sources. */
export type SourcesOf = Pick<Spec, 'package' | 'specsDir' | 'path' | 'sources'>;

/** The folders of sources on this machine. */
export interface LocalLocations {
  /** Searched by base name, in this order, after the spec's folder and its subfolders. */
  sourceDirs: readonly string[];
}

/**
 * Returns the digest of every source and patch of a package, without a download: of sources from the signatures file, of
 * patches from their bytes. Local files are compared with their signatures.
 */
export async function digestsOf(
  locations: LocalLocations,
  spec: SourcesOf,
  signatures: Signatures,
): Promise<{ digests: Record<string, string>; problems: Problem[] }> {
  const file = signaturesFile(spec);
  const wrong = wrongDigests(spec);
  const find = findLocal(locations, spec);
  const problems = missingEntries(file, spec.package, spec.sources, signatures);
  // Without a prototype: a source may be called __proto__ or constructor.
  const digests: Record<string, string> = Object.create(null);
  for (const source of spec.sources) {
    const signed = signatures.get(source.name);
    const local = await find(source);
    if (local === undefined) {
      if (source.kind === 'patch') problems.push(missing(locations, spec, source, []));
      else if (signed !== undefined) digests[source.name] = signed;
    } else if ('problem' in local) problems.push(local.problem);
    else {
      const found = await fileDigest(local.path);
      digests[source.name] = found;
      if (signed !== undefined && signed !== found) problems.push(wrong(source, local.path, signed, found));
      else if (source.read !== undefined && source.read !== found)
        problems.push({ message: 'it changed while its spec was parsed', file: local.path, hint: again });
    }
  }
  return { digests, problems };
}

/** Returns the file of a source in the folder of its spec or in a source folder; undefined if there is none. */
export type FindLocal = (source: SpecSource) => Promise<{ path: string } | { problem: Problem } | undefined>;

/** Returns a function that finds the sources of a spec. It looks into the folder of the spec once. */
export function findLocal(locations: LocalLocations, spec: SourcesOf): FindLocal {
  let files: ReturnType<typeof filesOfSpec> | undefined;
  return async (source) => {
    const refuse = (message: string, hint?: string) => ({
      problem: { message: `${labelOf(source)} '${source.name}' ${message}`, file: specFile(spec), hint },
    });
    if (!isFileName(source.name)) return refuse('is no name of a file');
    files ??= filesOfSpec(spec);
    const inFolder = (await files).get(source.name) ?? [];
    if (inFolder.length > 1)
      return refuse(`lies in the folder of the spec more than once: ${inFolder.join(', ')}`, twice);
    const elsewhere = locations.sourceDirs.map((folder) => join(folder, source.name));
    for (const path of [...inFolder, ...elsewhere]) {
      try {
        const real = await realpath(path);
        if (!(await stat(real)).isFile()) return refuse(`(${path}) is no regular file`);
        // A tree of specs may be untrusted: it must not pack other files of this machine through a link.
        if (path === inFolder[0] && !real.startsWith((await realpath(spec.specsDir)) + sep))
          return refuse(`(${path}) is a link that leads out of ${spec.specsDir}`);
        return { path };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'ENOENT') return refuse(`(${path}) cannot be read (${code})`);
      }
    }
    return undefined;
  };
}

const twice = 'Leave the right one alone, or beside the spec.';

const again = 'Run the same command again.';

/**
 * Returns a function for the problem of a local file whose digest is not the signed one, at its line of the signatures.
 * These are read once, at the first such file.
 */
export function wrongDigests(
  spec: SourcesOf,
): (source: SpecSource, path: string, signed: string, found: string) => Problem {
  const file = signaturesFile(spec);
  let find: ReturnType<typeof placesIn> | undefined;
  return ({ name }, path, signed, found) => {
    find ??= placesIn(textToSearch(file, spec.specsDir));
    return {
      message: `The file ${path} does not fit: its SHA-256 is ${found}, but this says ${signed}`,
      file,
      ...find(`$.Signatures[${JSON.stringify(name)}]`),
      hint: `Restore the file, or check it and run: ${makeCommand('signatures', { PACKAGE: spec.package })}`,
    };
  };
}

/** The problem of a source that was not found. @param failures the answers of the addresses */
export function missing(
  locations: LocalLocations,
  spec: SourcesOf,
  source: SpecSource,
  failures: readonly string[],
): Problem {
  const looked = ['in the folder of the spec', ...locations.sourceDirs, ...failures];
  return {
    message: `${labelOf(source)} '${source.name}' is nowhere to be found. Looked ${looked.join('; ')}`,
    file: specFile(spec),
    hint: hintFor(source, failures),
  };
}

function hintFor(source: SpecSource, failures: readonly string[]): string {
  if (source.kind === 'patch') return 'Put the patch beside the spec.';
  const proxy = failures.map((failure) => / the proxy \S+ of (\w+) /.exec(failure)?.[1]).find(Boolean);
  const first =
    proxy === undefined ? '' : `Correct the proxy, or \`unset ${proxy}\` if this machine needs none. `;
  return `${first}Put the file beside the spec or into a folder of SOURCE_DIRS, or name a server that has it with SOURCE_URL.`;
}

/** Returns the tag of a source in its spec: `Source0`, `Patch12`. */
function labelOf(source: SpecSource): string {
  return `${source.kind === 'patch' ? 'Patch' : 'Source'}${source.number}`;
}
