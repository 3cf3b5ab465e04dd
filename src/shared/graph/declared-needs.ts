import type { Capability } from '../model/rpm.ts';
import { asDeclared, type DeclaredGraph, type Graph } from './graph.ts';
import type { Needs } from './needs.ts';
import { needsOrPointers, pathsOf } from './walk.ts';

/** Needs that follow from specs alone, computed once for a declared graph, which never changes. */
interface Known {
  graph: Graph;
  needs: Map<string, Needs>;
}

const knownOf = new WeakMap<DeclaredGraph, Known>();

function known(declared: DeclaredGraph): Known {
  const one = knownOf.get(declared) ?? { graph: asDeclared(declared), needs: new Map() };
  knownOf.set(declared, one);
  return one;
}

/**
 * The needs of a package if each build makes exactly what its spec declares. Guesses count as right.
 * @param more requirements besides its BuildRequires (those of its %check)
 */
export function needsBySpecs(declared: DeclaredGraph, name: string, more: readonly Capability[] = []): Needs {
  const { graph, needs } = known(declared);
  if (more.length > 0) return needsOrPointers(graph, name, { more });
  const found = needs.get(name) ?? needsOrPointers(graph, name);
  needs.set(name, found);
  return found;
}

/** Finds the needs of packages if each build, except of those that failed, makes exactly what its spec declares. */
export function needsWithout(
  declared: DeclaredGraph,
  failed: ReadonlySet<string>,
): (name: string) => Pick<Needs, 'waits' | 'missing'> {
  const graph = asDeclared(declared, failed);
  return (name) => needsOrPointers(graph, name);
}

/** The packages that the build of `name` needs by its spec, and by all that these require at run time. Sorted. */
export function declaredNeeds(declared: DeclaredGraph, name: string): readonly string[] {
  return needsBySpecs(declared, name).packages;
}

/** The RPMs that lead from a package to one of its {@link declaredNeeds}. */
export function declaredPath(declared: DeclaredGraph, name: string, need: string): string[] {
  const { graph } = known(declared);
  return pathsOf(graph, name).get(need) ?? pathsOf(graph, name, { withPointers: true }).get(need) ?? [];
}
