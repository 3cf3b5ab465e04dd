import { findCycles } from '../../src/shared/graph/cycles.ts';
import { declaredNeeds } from '../../src/shared/graph/declared-needs.ts';
import { addResult, declaredGraph, type Graph, newGraph } from '../../src/shared/graph/graph.ts';
import type { NeedsOptions } from '../../src/shared/graph/needs.ts';
import { needsOrPointers } from '../../src/shared/graph/walk.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import { madeUpResult, madeUpRpm } from './made-up.ts';

/** What a package needs, by names alone. */
export function needed(graph: Graph, name: string, options?: NeedsOptions) {
  const { packages, waits, missing } = needsOrPointers(graph, name, options);
  return {
    packages,
    waitsFor: waits.map((wait) => wait.package),
    missing: missing.map(({ capability }) => capability),
  };
}

/** The graph of a tree, nothing of it built. */
export function makeGraph(...parts: Parameters<typeof declaredGraph>): Graph {
  return newGraph(declaredGraph(...parts));
}

/** Adds the result of a package: an RPM of its name with these tags. @param root file names of RPMs */
export function build(graph: Graph, name: string, more: Partial<Rpm> = {}, root: string[] = []): void {
  const { provides = [], version = '1.0', ...rest } = more;
  const own = `${name} = ${version}-1`;
  const rpm = madeUpRpm(name, { ...rest, version, provides: [own, ...provides] });
  const installed = root.map((file) => {
    return { origin: graph.files.has(file) ? ('local' as const) : ('toolchain' as const), file };
  });
  addResult(graph, madeUpResult(name, [rpm]), installed);
}

export function cyclesOf(graph: Graph, names: readonly string[]) {
  return findCycles(names, (name) =>
    declaredNeeds(graph.declared, name).map((needs) => ({ package: name, needs })),
  );
}
