import { basename } from 'node:path';
import type { Spec } from '../model/spec.ts';
import { packedFiles, readMainHeader } from '../rpm/read.ts';

/**
 * Compares an SRPM with what was to be packed: the spec, its sources and patches, each by digest.
 * @param sources digest of each source and patch, by base name
 * @throws Error that names each file that differs
 */
export async function checkSrpm(
  path: string,
  spec: Spec,
  sources: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const expected = new Map([[basename(spec.path), spec.digest]]);
  for (const { name } of spec.sources) expected.set(name, sources[name] ?? '');
  const isWhole = !path.endsWith('.nosrc.rpm');
  const differing = srpmDifferences(expected, packedFiles(await readMainHeader(path)), isWhole);
  if (differing.length > 0)
    throw new Error(`the SRPM ${basename(path)} is not what was to be packed: ${differing.join(', ')}`);
}

/**
 * Returns where an SRPM differs from the files that were to be packed, in words. Pure.
 * @param isWhole false for an SRPM that leaves sources out (NoSource)
 */
export function srpmDifferences(
  expected: ReadonlyMap<string, string>,
  packed: ReadonlyMap<string, string | undefined>,
  isWhole: boolean,
): string[] {
  const lacking = [...expected.keys()].filter((name) => isWhole && !packed.has(name));
  const surplus = [...packed.keys()].filter((name) => !expected.has(name));
  const changed = [...packed].filter(([name, digest]) => {
    const wanted = expected.get(name);
    return wanted !== undefined && digest !== undefined && digest !== wanted;
  });
  return [
    ...lacking.map((name) => `it lacks ${name}`),
    ...surplus.map((name) => `it has ${name}`),
    ...changed.map(([name, digest]) => `${name} has the SHA-256 ${digest}, not ${expected.get(name)}`),
  ];
}
