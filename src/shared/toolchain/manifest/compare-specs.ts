import { addToList } from '../../base/add-to-list.ts';
import { nearestHint } from '../../base/nearest-name.ts';
import type { Problem } from '../../base/problems.ts';
import type { Spec } from '../../model/spec.ts';
import type { ListedFile } from './parse-manifest.ts';

/**
 * Returns where a manifest and the specs of a tree do not agree: an RPM that no spec makes, or makes in another version,
 * and an RPM that the manifest lacks of a spec that it has others of. Pure.
 * @param path the manifest, as the user wrote it
 */
export function manifestProblems(
  listed: readonly ListedFile[],
  path: string,
  specs: readonly Spec[],
): Problem[] {
  const own = specs.filter((one) => one.excluded === undefined);
  const filesOf = (spec: Spec) => spec.packages.filter((one) => one.built).map((one) => one.file);
  // Several specs may make RPMs of one name, in different versions.
  const makers = new Map<string, Spec[]>();
  for (const spec of own) for (const one of spec.packages) if (one.built) addToList(makers, one.name, spec);
  const byFile = new Map(own.flatMap((spec) => filesOf(spec).map((file) => [file, spec] as const)));
  const debug = new Set(own.flatMap(debugFiles));
  const all = new Set(listed.map(({ file }) => file));
  const problems = listed.flatMap(({ file, line }): Problem[] => {
    if (byFile.has(file) || debug.has(file)) return [];
    const name = /^(.*)-[^-]+-[^-]+$/.exec(file)?.[1] ?? file;
    const known = makers.get(name) ?? makers.get(name.replace(/-debug(?:info|source)$/, '')) ?? [];
    if (known.length === 0)
      return [
        { message: `No spec makes ${file}`, file: path, line, hint: nearestHint(name, [...makers.keys()]) },
      ];
    const versions = known.map((spec) => `${spec.package} has ${spec.version}-${spec.release}`).join(', ');
    return [{ message: `${file} is not what its spec makes: ${versions}`, file: path, line }];
  });
  const present = new Set(listed.flatMap(({ file }) => byFile.get(file) ?? []));
  const lacking = [...present].flatMap((spec) =>
    filesOf(spec)
      .filter((file) => !all.has(file))
      .map((file) => `It lacks ${file}, which ${spec.package} makes besides others that are in it`),
  );
  return [...problems, ...lacking.map((message) => ({ message, file: path }))];
}

/** The files of debuginfo that a spec may make: whether it does, only the build shows. */
function debugFiles({ name, packages, version, release }: Spec): string[] {
  const built = packages.filter((one) => one.built);
  const of = (one: string, kind: string, evr: string, arch: string) => `${one}-${kind}-${evr}.${arch}.rpm`;
  return built.flatMap((one) => {
    const evr = `${one.version}-${one.release}`;
    return [
      of(one.name, 'debuginfo', evr, one.arch),
      of(name, 'debuginfo', `${version}-${release}`, one.arch),
      of(name, 'debugsource', `${version}-${release}`, one.arch),
    ];
  });
}
