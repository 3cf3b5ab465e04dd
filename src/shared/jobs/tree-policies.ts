import type { Log } from '../base/log.ts';
import type { ProviderPolicy } from '../graph/graph.ts';
import type { Result } from '../model/build-result.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { PackageLimits } from '../model/limits.ts';
import { namedPackages, packageNamed } from '../planner/goals.ts';
import { type Pointers, pointersOf } from '../planner/pointers.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { SpecError } from '../specs/find.ts';
import { DamagedResultError, type ResultLookup } from '../store/store.ts';

/** Pointers that one message names before the rest is counted. */
const mostNamed = 5;

/**
 * Applies the policies of the inputs to a tree.
 * @param pointers those of the plan; absent in the job that plans
 * @throws ProblemsError when an input names an unknown package
 */
export async function withPolicies(
  tree: Tree,
  inputs: TreeInputs,
  errors: readonly SpecError[],
  { pointers, store, log }: { pointers: Pointers | undefined; store: ResultLookup; log: Log },
): Promise<Tree> {
  const packagesOf = (names: readonly string[], input: string) =>
    new Set(namedPackages(tree.declared, names.filter(isBuilt(tree, errors)), input, [], tree.specs));
  const policy: ProviderPolicy = {
    breakCycles: packagesOf(inputs.breakCycles, 'break-cycles'),
    discover: inputs.discoverProvides,
    pointers: pointers ?? (await findPointers(tree, store, log)),
  };
  return {
    ...tree,
    releaseAware: packagesOf(inputs.releaseAwarePackages, 'release-aware-packages'),
    declared: { ...tree.declared, policy },
  };
}

/**
 * Returns the limits of the inputs by package: a user may have named it by one of its RPMs.
 * @throws ProblemsError when an input names an unknown package
 */
export function limitsByPackage(
  tree: Tree,
  { packageLimits }: Pick<TreeInputs, 'packageLimits'>,
  errors: readonly SpecError[],
): PackageLimits {
  const { '*': all = {}, ...named } = packageLimits;
  const names = Object.keys(named).filter(isBuilt(tree, errors));
  namedPackages(tree.declared, names, 'package-limits', [], tree.specs);
  const byPackage = names.map((name) => [packageNamed(tree.declared, name), named[name]]);
  return Object.fromEntries([['*', all], ...byPackage]);
}

/** Leaves out the packages that this run cannot build: an input may name them all the same. */
function isBuilt({ specs }: Tree, errors: readonly SpecError[]) {
  return (name: string) =>
    !errors.some(({ packages }) => packages.includes(name)) &&
    !specs.some((spec) => spec.package === name && spec.excluded !== undefined);
}

/** Finds the packages that earlier builds point to, by the newest results of the store. */
async function findPointers({ declared }: Tree, store: ResultLookup, log: Log): Promise<Pointers> {
  const newest: Result[] = [];
  for (const name of declared.specs.keys()) {
    const latest = await store.latest(name);
    const result = latest && (await store.get(latest.key, name).catch(ignoreDamage));
    if (result !== undefined) newest.push(result);
  }
  const pointers = pointersOf(declared, newest);
  const named = [...pointers]
    .slice(0, mostNamed)
    .map(([capability, names]) => `${capability} (${names.join(', ')})`);
  const more = pointers.size > mostNamed ? ` and ${pointers.size - mostNamed} more` : '';
  if (named.length > 0)
    log.info(`Provided as earlier builds showed, though no spec declares it: ${named.join(', ')}${more}`);
  return pointers;
}

/** A damaged result says nothing: it is built again. */
function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof DamagedResultError)) throw error;
}
