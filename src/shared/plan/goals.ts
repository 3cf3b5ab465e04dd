import { describeCycle, findCycles } from '../graph/cycles.ts';
import { type Graph, order } from '../graph/graph.ts';
import { needsOf, resolve } from '../graph/needs.ts';
import { nearest } from '../nearest.ts';
import { type Problem, ProblemsError } from '../problems.ts';
import { isRevealedByBuild, nameOf } from '../rpm/capability.ts';

/**
 * The packages that a list names: by package or by RPM name. An empty list means all.
 * @throws ProblemsError with every unknown name and what it may have meant.
 */
export function namedPackages(graph: Graph, names: readonly string[], input: string): string[] {
  const byRpm = new Map<string, string>();
  for (const [name, nodes] of graph.rpms) for (const node of nodes) byRpm.set(node.name, name);
  const problems: Problem[] = [];
  const found = names.flatMap((name) => {
    const known = graph.specs.has(name) ? name : byRpm.get(name);
    if (known !== undefined) return [known];
    const near = nearest(name, [...graph.specs.keys(), ...byRpm.keys()]);
    problems.push({
      message: `Input '${input}' names '${name}', which is neither a spec nor an RPM of this tree`,
      ...(near === undefined ? {} : { mend: `Nearest: '${near}'.` }),
    });
    return [];
  });
  if (problems.length > 0) throw new ProblemsError(problems);
  return [...new Set(found)].sort(order);
}

/** The goals and every package that they may need, through any number of builds. */
export function withNeeds(graph: Graph, goals: readonly string[]): string[] {
  const all = new Set<string>();
  const queue = [...goals];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (all.has(name)) continue;
    all.add(name);
    queue.push(...needsOf(graph, name).waitsFor);
  }
  return [...all].sort(order);
}

/**
 * What is wrong with a tree before anything of it is built: requirements that nothing provides, cycles.
 * @param place where a requirement stands in its spec
 */
export function treeProblems(
  graph: Graph,
  names: readonly string[],
  place: (name: string, capability: string) => { file: string; line?: number },
): Problem[] {
  const problems: Problem[] = [];
  for (const name of names) {
    for (const capability of graph.specs.get(name)?.buildRequires ?? []) {
      if (capability.startsWith('(') || resolve(graph, capability, name).by !== 'nothing') continue;
      problems.push({ ...place(name, capability), ...missingWords(graph, name, capability) });
    }
  }
  for (const cycle of findCycles(graph, names)) {
    const first = cycle[0]?.package ?? '';
    problems.push({
      file: place(first, '').file,
      message: `dependency cycle: ${describeCycle(cycle)}`,
      mend: 'Break it: drop one of these requirements, or split the part that needs the other into a spec of its own.',
    });
  }
  return problems;
}

function missingWords(graph: Graph, name: string, capability: string): { message: string; mend?: string } {
  const wanted = nameOf(capability);
  const versions = [...(graph.providers.get(wanted) ?? [])].map(
    (node) => `${node.name} ${node.evr} (${node.package})`,
  );
  const message = `BuildRequires '${capability}' is provided by nothing`;
  if (versions.length > 0)
    return { message, mend: `There is ${versions.sort(order).join(', ')}. Needed by: ${name}.` };
  const inToolchain = graph.toolchain.get(wanted);
  if (inToolchain !== undefined)
    return { message, mend: `The toolchain has ${inToolchain.join(', ')}. Needed by: ${name}.` };
  const candidates = [...graph.providers.keys(), ...graph.toolchain.keys()].filter(
    (key) =>
      isRevealedByBuild(key) === isRevealedByBuild(wanted) && key.startsWith('/') === wanted.startsWith('/'),
  );
  const near = nearest(wanted, candidates);
  if (near === undefined) return { message, mend: `Needed by: ${name}.` };
  const from = [...(graph.providers.get(near) ?? [])][0]?.package ?? 'toolchain';
  return { message, mend: `Nearest: '${near}' (${from}). Needed by: ${name}.` };
}
