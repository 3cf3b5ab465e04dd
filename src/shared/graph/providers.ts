import { order } from '../base/order.ts';
import { keyOf, mayBeRevealed } from '../rpm/capability.ts';
import { plainCapabilitiesOf, type Requirement, type RichCapability } from '../rpm/requirement.ts';
import { candidateProviders } from './candidate-providers.ts';
import { certainNeeds } from './certain-needs.ts';
import { findDeclared, type Graph, isExcludedProvider, type ProviderPolicy } from './graph.ts';
import { likeliestProviders } from './likeliest-providers.ts';
import { byVersion, lookupOf, providesAll, type RpmNode } from './nodes.ts';
import { findInToolchain, hasNoVersionYet } from './toolchain-index.ts';

/** Who satisfies one requirement. */
export type Provider =
  | { by: 'tree'; node: RpmNode }
  | { by: 'toolchain'; node: RpmNode }
  /** The build of a package decides. `isGuess`: no spec declares that it provides it. */
  | { by: 'wait'; package: string; isGuess: boolean }
  /** The builds of these packages decide: any may provide it. */
  | { by: 'search'; packages: string[] }
  /** Only what else the root holds can tell. */
  | { by: 'root' }
  /** `failed`: packages that might have provided it. */
  | { by: 'nothing'; failed: string[] };

/** The package whose needs are looked for. */
export interface Asker {
  name: string;
  /** Its BuildConflicts: what matches them is no provider. */
  conflicts: readonly Requirement[];
  /** The packages that it takes from the toolchain, because their builds need it. Filled. */
  brokenCycles: Set<string>;
  /** Of declared needs, the packages that were chosen though no spec declares that they provide it. Filled. */
  guessed: Set<string>;
  /** Packages that earlier builds point to, where they count. */
  pointers: ProviderPolicy['pointers'];
  /** It takes what is built instead of waiting for all packages that are searched. */
  isSearchOver: boolean;
}

/**
 * Finds the provider of one requirement. It looks at specs, and at results that had to be waited for, so the order of
 * builds does not matter. A package of the toolchain takes what the toolchain has. Else the first of these that applies:
 *
 * 1. what a build revealed: the package itself, then what was installed in the root of that build;
 * 2. the RPMs whose specs declare it, the highest version first;
 * 3. what a build revealed, and what an RPM requires that no spec declares and the toolchain lacks: what the root holds
 *    anyway ({@link Provider} `root`);
 * 4. packages whose file lists or names suggest it, one after the other; one that fails is passed over;
 * 5. the toolchain;
 * 6. packages that earlier builds point to;
 * 7. with `discover`, any package.
 *
 * @param by the RPM that requires it; undefined when the spec of the asker does
 * @param inRoot finds a provider for 3.; absent as long as the root is not known
 */
export function findProvider(
  graph: Graph,
  asker: Asker,
  wanted: Requirement,
  by: RpmNode | undefined,
  inRoot?: (wanted: Requirement) => RpmNode | undefined,
): Provider {
  const given = findForToolchain(graph, asker, wanted);
  if (given !== undefined) return { by: 'toolchain', node: given };
  const isRevealed = by !== undefined && !isDeclaredRequirement(graph, by, wanted);
  if (isRevealed) {
    const known = findWhereRevealed(graph, asker, wanted, by);
    if (known !== undefined) return known;
  }
  const declared = findByDeclaration(graph, asker, wanted);
  if (declared !== undefined) return declared;
  if (isRevealed || (by !== undefined && findInToolchain(graph.declared.toolchain, wanted).length === 0)) {
    if (inRoot === undefined) return { by: 'root' };
    const node = inRoot(wanted);
    if (node !== undefined) return { by: 'tree', node };
  }
  return findByGuess(graph, asker, wanted);
}

/** The RPM of the toolchain that a package of the toolchain takes before any of the tree; undefined for other packages. */
export function findForToolchain(graph: Graph, asker: Asker, wanted: Requirement): RpmNode | undefined {
  const { declared } = graph;
  if (!declared.toolchainFirst.has(asker.name)) return undefined;
  return findInToolchain(declared.toolchain, wanted).find((node) => isAllowed(graph, asker, node));
}

/** True if the spec of an RPM states one of its requirements: else a build revealed it. */
export function isDeclaredRequirement(
  { declared, isDeclared }: Graph,
  node: RpmNode,
  wanted: Requirement,
): boolean {
  return isDeclared || (declared.declaredRequires.get(node.package)?.get(node.name)?.has(wanted) ?? false);
}

/** Looks for what a build revealed where it was satisfied: in its own package, and in its build root. */
export function findWhereRevealed(
  graph: Graph,
  asker: Asker,
  wanted: Requirement,
  by: RpmNode,
): Provider | undefined {
  const own = builtProvider(graph, asker, by.package, wanted);
  if (own !== undefined) return { by: 'tree', node: own };
  const root = rootOf(graph, by.package);
  const named = (graph.providers.get(keyOf(lookupOf(wanted))) ?? []).filter((node) => root.local.has(node));
  const candidates = lookupOf(wanted).kind === 'path' ? [...named, ...root.local] : named;
  const local = candidates
    .filter((node) => isAllowed(graph, asker, node) && providesAll(node, wanted))
    .sort(byVersion)[0];
  if (local !== undefined) return { by: 'tree', node: local };
  const prebuilt = findInToolchain(graph.declared.toolchain, wanted);
  const node = prebuilt.find((one) => root.prebuilt.has(one.file as string));
  return node === undefined ? undefined : { by: 'toolchain', node };
}

/** The RPMs that a spec declares. A result that turned out not to have what its spec declares is passed over. */
function findByDeclaration(graph: Graph, asker: Asker, wanted: Requirement): Provider | undefined {
  const all = findDeclared(graph.declared, wanted).filter(
    (node) => isAllowed(graph, asker, node) && !isBroken(graph, asker, node.package, wanted),
  );
  for (const { package: name } of withoutDependents(graph, asker, all)) {
    if (!graph.built.has(name)) return { by: 'wait', package: name, isGuess: false };
    const node = builtProvider(graph, asker, name, wanted);
    if (node !== undefined) return { by: 'tree', node };
  }
  return undefined;
}

/** Of several packages, those that do not need the asker themselves; all if there is none. */
function withoutDependents(graph: Graph, asker: Asker, nodes: readonly RpmNode[]): readonly RpmNode[] {
  if (nodes.every((node) => node.package === nodes[0]?.package)) return nodes;
  const others = nodes.filter((node) => !needsAsker(graph, asker, node.package));
  return others.length === 0 ? nodes : others;
}

function findByGuess(graph: Graph, asker: Asker, wanted: Requirement): Provider {
  const { declared, failed } = graph;
  const lookup = lookupOf(wanted);
  const canProvide = (one: string) =>
    !needsAsker(graph, asker, one) &&
    !isExcludedProvider(graph, asker.name, one) &&
    !isBroken(graph, asker, one, wanted);
  const passed: string[] = [];
  for (const { package: one, isListed } of candidateProviders(declared, lookup)) {
    if (!canProvide(one)) continue;
    if (graph.isDeclared && !failed.has(one)) {
      const node = graph.built.get(one)?.[0];
      // A spec without %files makes no RPM.
      if (node === undefined) continue;
      asker.guessed.add(one);
      return { by: 'tree', node };
    }
    if (!failed.has(one) || isListed) {
      if (!graph.built.has(one)) return { by: 'wait', package: one, isGuess: !failed.has(one) };
      const node = builtProvider(graph, asker, one, wanted);
      if (node !== undefined) return { by: 'tree', node };
    } else passed.push(one);
  }
  const prebuilt = findInToolchain(declared.toolchain, wanted).find((node) => isAllowed(graph, asker, node));
  if (prebuilt !== undefined) return { by: 'toolchain', node: prebuilt };
  return findAnywhere(graph, asker, wanted, canProvide, passed);
}

/** Looks in all packages that earlier builds point to, or with `discover` in all. They are all waited for. */
function findAnywhere(
  graph: Graph,
  asker: Asker,
  wanted: Requirement,
  canProvide: (name: string) => boolean,
  passed: readonly string[],
): Provider {
  const { declared, failed } = graph;
  const { discover } = declared.policy;
  const lookup = lookupOf(wanted);
  if (!mayBeRevealed(lookup)) return { by: 'nothing', failed: [...passed] };
  const pointed = (asker.pointers.get(keyOf(lookup)) ?? []).filter((one) => declared.specs.has(one));
  const all = (discover ? [...declared.specs.keys()] : pointed).filter(canProvide);
  if (graph.isDeclared) {
    const node = pointed.filter(canProvide).flatMap((one) => graph.built.get(one)?.[0] ?? [])[0];
    if (node !== undefined) {
      asker.guessed.add(node.package);
      return { by: 'tree', node };
    }
    return discover ? { by: 'search', packages: [] } : { by: 'nothing', failed: [...passed] };
  }
  const awaited = all.filter((one) => !graph.built.has(one) && !failed.has(one));
  const builtByThen = graph.searched.get(asker.name);
  if (awaited.length > 0 && !asker.isSearchOver && builtByThen === undefined)
    return { by: 'search', packages: awaited.sort(order) };
  const found = all
    .filter((one) => builtByThen?.has(one) !== false)
    .flatMap((one) => builtProvider(graph, asker, one, wanted) ?? [])
    .sort(byVersion)[0];
  if (found !== undefined) return { by: 'tree', node: found };
  const perhaps = likeliestProviders(
    lookup.text,
    all.filter((one) => failed.has(one)),
  );
  return { by: 'nothing', failed: [...passed, ...perhaps] };
}

/** The best RPM of a built package that satisfies a requirement. */
export function builtProvider(
  graph: Graph,
  asker: Asker,
  name: string,
  wanted: Requirement,
): RpmNode | undefined {
  // A package may make many RPMs, and few packages provide one name.
  const nodes =
    wanted.kind === 'name'
      ? graph.providers.get(wanted.name)?.filter((node) => node.package === name)
      : graph.built.get(name);
  return nodes
    ?.filter((node) => isAllowed(graph, asker, node) && providesAll(node, wanted))
    .sort(byVersion)[0];
}

/** True unless the asker conflicts with an RPM. A version that is not known yet is in no conflict: the solver sees it. */
function isAllowed({ declared }: Graph, { conflicts }: Asker, node: RpmNode): boolean {
  return !conflicts.some((one) => providesAll(node, one) && !hasNoVersionYet(declared.toolchain, node, one));
}

/** True if the policy makes the asker take what it requires of a package from the toolchain. Notes that it does. */
function isBroken(graph: Graph, asker: Asker, name: string, wanted: Requirement): boolean {
  const { policy, toolchain } = graph.declared;
  if (!policy.breakCycles.has(name) || !needsAsker(graph, asker, name)) return false;
  // What the toolchain lacks can only come from the package itself.
  if (findInToolchain(toolchain, wanted).length === 0) return false;
  asker.brokenCycles.add(name);
  return true;
}

/** True if the build of a package needs the asker by its spec, or is the asker's own. */
export function needsAsker(graph: Graph, asker: Asker, name: string): boolean {
  return name === asker.name || certainNeeds(graph.declared, name).has(asker.name);
}

interface BuildRoot {
  local: Set<RpmNode>;
  prebuilt: Set<string>;
}

/** The root that was asked for last: all requirements of a package are looked for in a row. */
const lastRoot = new WeakMap<Graph, { name: string; root: BuildRoot }>();

/** The RPMs of the root in which a package was built. */
function rootOf(graph: Graph, name: string): BuildRoot {
  const last = lastRoot.get(graph);
  if (last?.name === name) return last.root;
  const local = new Set<RpmNode>();
  const prebuilt = new Set<string>();
  for (const { origin, file } of graph.roots.get(name) ?? []) {
    const node = origin === 'local' ? graph.files.get(file) : undefined;
    if (node !== undefined) local.add(node);
    else if (origin === 'toolchain') prebuilt.add(file);
  }
  lastRoot.set(graph, { name, root: { local, prebuilt } });
  return { local, prebuilt };
}

/** The failed packages that might have provided a term. */
export function failedOf(graph: Graph, asker: Asker, { operands }: RichCapability): string[] {
  const failed = operands.flatMap(plainCapabilitiesOf).flatMap((term) => {
    const provider = findProvider(graph, asker, term, undefined);
    return provider.by === 'nothing' ? provider.failed : [];
  });
  return [...new Set(failed)];
}
