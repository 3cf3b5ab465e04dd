import { order } from '../base/order.ts';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { generateRecipeDigest, recipeDigest } from '../cache-key/recipe.ts';
import { type Graph, noteGenerated, resultsOf } from '../graph/graph.ts';
import type { Missing, Needs, NeedsOptions, Wait } from '../graph/needs.ts';
import { needsOf, needsOrPointers } from '../graph/walk.ts';
import type { PlannedBuild, UnmetRequirement } from '../model/outcome.ts';
import type { Capability, RootRpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { generatedKey, generatedLimits, newlyNamed } from '../solver/generated-requires.ts';
import { solveRoot, type Tree } from '../solver/solve-root.ts';

/** Where a package stands with the results at hand. */
export type Resolution =
  /** Its key is known, or that of its next round. */
  | { state: 'ready'; build: PlannedBuild }
  /** It needs results that are not there yet. */
  | { state: 'waiting'; waits: Wait[] }
  /** It needs stand-ins that are not converted yet: their file names. */
  | { state: 'unconverted'; standIns: string[] }
  /** It needs these packages, or what only they may provide, and they failed. */
  | { state: 'blocked'; by: string[] }
  /** Nothing provides a requirement. */
  | { state: 'missing'; missing: Missing[] }
  /** No set of RPMs makes its build root. */
  | { state: 'unsolvable'; problems: string[] }
  /** Its sources have errors. */
  | { state: 'invalid'; problems: readonly Problem[] };

/**
 * Resolves one package as far as the results at hand allow. The same results give the same resolution, in whatever
 * order they came. A `%generate_buildrequires` runs again in each root that holds what it named before, until it names
 * nothing new: that root is the one of the build.
 */
export async function resolvePackage(
  tree: Tree,
  graph: Graph,
  name: string,
  options: Pick<NeedsOptions, 'isSearchOver'> = {},
): Promise<Resolution> {
  const spec = graph.declared.specs.get(name);
  if (spec?.generates !== true) return await resolveRoot(tree, graph, name, options);
  let generated: readonly Capability[] = [];
  for (let round = 0; round < generatedLimits.rounds; round++) {
    noteGenerated(graph, name, generated);
    const resolution = await resolveRoot(tree, graph, name, { ...options, generated });
    if (resolution.state !== 'ready') return resolution;
    const build = { ...resolution.build, generated };
    const key = generatedKey(generateRecipeDigest, build.key);
    const named = tree.generated.get(key);
    if (named === undefined) return { state: 'ready', build: { ...build, key, isRound: true } };
    const news = newlyNamed(named, [...spec.buildRequires, ...generated]);
    if (news.length === 0) return { state: 'ready', build };
    generated = [...generated, ...news].sort(order);
  }
  const problem = `its %generate_buildrequires still names new requirements after ${generatedLimits.rounds} runs`;
  return { state: 'unsolvable', problems: [problem] };
}

/**
 * Resolves one package whose requirements are known. The solver has what the first provider of each requirement leads to; if it cannot make a root of that,
 * it has all providers.
 */
async function resolveRoot(
  tree: Tree,
  graph: Graph,
  name: string,
  options: Pick<NeedsOptions, 'isSearchOver' | 'generated'>,
): Promise<Resolution> {
  let resolution = await resolveOnce(tree, graph, name, options);
  const hasNoRoot = resolution.state === 'missing' || resolution.state === 'unsolvable';
  // History decides last, and only between an error and a build.
  if (hasNoRoot && graph.declared.policy.pointers.size > 0)
    resolution = await resolveOnce(tree, graph, name, { ...options, withPointers: true });
  if (resolution.state !== 'missing') return resolution;
  const failed = resolution.missing.flatMap((one) => one.failed);
  return failed.length === 0 ? resolution : { state: 'blocked', by: failed };
}

/** The requirements of a package that no build can meet any more, also while the package waits for others. Pure. */
export function unmetRequirements(graph: Graph, name: string): UnmetRequirement[] {
  const generated = graph.generated.get(name);
  return needsOrPointers(graph, name, { generated }).missing.filter((one) => one.failed.length === 0);
}

async function resolveOnce(
  tree: Tree,
  graph: Graph,
  name: string,
  options: NeedsOptions,
): Promise<Resolution> {
  const needs = needsOf(graph, name, options);
  const { waits, missing } = needs;
  // All waits have to end first: so the reason does not depend on which ended first.
  if (waits.some((one) => !graph.failed.has(one.package))) return { state: 'waiting', waits };
  if (waits.length > 0) return { state: 'blocked', by: waits.map((one) => one.package) };
  if (missing.length > 0) return { state: 'missing', missing };
  if (needs.unconverted.length > 0) return { state: 'unconverted', standIns: needs.unconverted };
  const spec = graph.declared.specs.get(name) as Spec;
  const requires = [...spec.buildRequires, ...(options.generated ?? [])];
  const solve = ({ packages, onDemand }: Needs) => {
    const visible = { results: resultsOf(graph, packages), onDemand };
    return solveRoot(tree, visible, requires, spec.buildConflicts);
  };
  const root = await solve(needs);
  if (root.ok) return await plan(tree, spec, needs, root.installed);
  const wide = needsOf(graph, name, { ...options, isWide: true });
  const wider = wide.waits.filter((one) => !graph.failed.has(one.package));
  if (wider.length > 0) return { state: 'waiting', waits: wider };
  if (wide.unconverted.length > 0) return { state: 'unconverted', standIns: wide.unconverted };
  const isAsWide =
    wide.packages.length === needs.packages.length && wide.onDemand.length === needs.onDemand.length;
  const again = isAsWide ? root : await solve(wide);
  if (again.ok) return await plan(tree, spec, wide, again.installed);
  return { state: 'unsolvable', problems: root.problems };
}

async function plan(
  tree: Tree,
  spec: Spec,
  { packages, brokenCycles }: Needs,
  root: readonly RootRpm[],
): Promise<Resolution> {
  const sources = await tree.sources(spec.package).catch((error: unknown) => {
    if (error instanceof ProblemsError) return error;
    throw error;
  });
  if (sources instanceof ProblemsError) return { state: 'invalid', problems: sources.problems };
  const { arch, workerDigest } = tree.toolchain;
  const components = keyComponents({
    ...{ spec, sources, arch, defines: tree.defines, recipe: recipeDigest, workerDigest, brokenCycles },
    installed: root.map(({ rpm }) => rpm),
    policies: tree.policiesOf(spec.package),
    releaseAware: tree.releaseAware.has(spec.package),
  });
  const installed = root.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
  return { state: 'ready', build: { key: keyOf(components), components, installed, packages } };
}
