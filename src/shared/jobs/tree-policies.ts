import { hostArchitecture } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import { splitAtBlanks } from '../base/split-at-blanks.ts';
import type { ProviderPolicy } from '../graph/graph.ts';
import type { BuildPolicy, PolicyName } from '../model/build-policy.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { PackageLimits } from '../model/limits.ts';
import { namedPackages, packageNamed, prebuiltPackage } from '../planner/goals.ts';
import { type Pointers, pointersOf } from '../planner/pointers.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { SpecError } from '../specs/find.ts';
import { findLayout } from '../specs/layout.ts';
import type { ResultLookup } from '../store/store.ts';
import { newestResults } from './newest-results.ts';

/** The policies of Azure Linux: its packages are written for roots and macros that have them. */
const azureLinux: Exclude<PolicyName, 'auto'>[] = ['remove-libtool-archives', 'spec-version-macros'];

/** Returns the policies that the inputs name; those of Azure Linux for `auto`, when its tree is recognised. */
export function policiesOf({ policies, specsDir }: Pick<TreeInputs, 'policies' | 'specsDir'>) {
  const isAzureLinux = findLayout(specsDir, hostArchitecture.rpm) !== undefined;
  return new Set(policies.flatMap((name) => (name !== 'auto' ? [name] : isAzureLinux ? azureLinux : [])));
}

/**
 * The packages of Azure Linux that an ordinary user cannot build. Their scripts write into the root that they are built
 * in, or below the home of root. Builds have shown this of gflags, groff, krb5 and unzip; of the others, their commands do.
 */
export const asRootInAzureLinux = splitAtBlanks(`
  bazel fuse gflags golang golang-1.23 golang-1.24 golang-1.25 groff krb5 malaga maven nano netplan nfs-utils nss
  python-tensorboard python-tensorboard-plugin-wit rabbitmq-server samba tensorflow unixODBC unzip
`);

/** The packages that are built as root: those of the input, and for `auto` the preset's as far as the tree has them. */
function asRootOf({ buildAsRootPackages, specsDir }: TreeInputs, { declared }: Tree): string[] {
  const isAzureLinux = findLayout(specsDir, hostArchitecture.rpm) !== undefined;
  const preset = isAzureLinux ? asRootInAzureLinux.filter((name) => declared.specs.has(name)) : [];
  return buildAsRootPackages.flatMap((name) => (name === 'auto' ? preset : [name]));
}

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
  const policies = policiesOf(inputs);
  const asRoot = packagesOf(asRootOf(inputs, tree), 'build-as-root-packages');
  return {
    ...tree,
    policiesOf: (name) => {
      const own: BuildPolicy[] = asRoot.has(name) ? ['build-as-root'] : [];
      return policies.has('remove-libtool-archives') ? [...own, 'remove-libtool-archives'] : own;
    },
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
function isBuilt(tree: Tree, errors: readonly SpecError[]) {
  const { specs } = tree;
  return (name: string) =>
    prebuiltPackage(tree, name) === undefined &&
    !errors.some(({ packages }) => packages.includes(name)) &&
    !specs.some((spec) => spec.package === name && spec.excluded !== undefined);
}

/** Finds the packages that earlier builds point to, by the newest results of the store. */
async function findPointers({ declared }: Tree, store: ResultLookup, log: Log): Promise<Pointers> {
  const pointers = pointersOf(declared, await newestResults(store, declared.specs.keys()));
  const named = [...pointers]
    .slice(0, mostNamed)
    .map(([capability, names]) => `${capability} (${names.join(', ')})`);
  const more = pointers.size > mostNamed ? ` and ${pointers.size - mostNamed} more` : '';
  if (named.length > 0)
    log.info(`Provided as earlier builds showed, though no spec declares it: ${named.join(', ')}${more}`);
  return pointers;
}
