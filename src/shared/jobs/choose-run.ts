import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import { readImageConfigs } from '../image/config/read.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Run } from '../model/run.ts';
import { namedPackages, packageNamed, prebuiltPackage, withNeeds } from '../planner/goals.ts';
import { nameOf } from '../rpm/requirement.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { SpecError } from '../specs/find.ts';

/** The packages of a run, as the inputs name them. */
export interface ChosenPackages extends Pick<Run, 'goals' | 'names' | 'prebuilt' | 'rebuild'> {
  /** Those that may not fail before anything is built: what a list names, and what that needs. */
  strict: ReadonlySet<string>;
}

/** The packages that the inputs name, or all of the tree. @throws ProblemsError when a name is unknown */
export async function choosePackages(
  inputs: TreeInputs,
  tree: Tree,
  errors: readonly SpecError[],
  log: Log,
): Promise<ChosenPackages> {
  const { declared, specs } = tree;
  const { packageBuildList, packageRebuildList, strictSpecs } = inputs;
  const checks = requiredByCheck(inputs, tree);
  const prebuilt = packageBuildList.flatMap((name) => prebuiltPackage(tree, name) ?? []);
  const own = packageBuildList.filter((name) => prebuiltPackage(tree, name) === undefined);
  const listed = [
    ...namedPackages(declared, own, 'package-build-list', errors, specs),
    ...(await packagesOfImages(inputs, declared, log)),
  ];
  const isWhole = packageBuildList.length === 0;
  const goals = isWhole ? [...declared.specs.keys()].sort(order) : [...new Set(listed)];
  const names = await withNeeds(declared, goals, checks);
  const isStrict = strictSpecs || !isWhole;
  const rebuild = namedPackages(declared, packageRebuildList, 'package-rebuild-list', errors, specs);
  return {
    ...{ goals, names, rebuild: new Set(rebuild) },
    prebuilt: [...(isWhole ? tree.prebuilt : new Set(prebuilt))].sort(order),
    strict: new Set(isStrict ? names : await withNeeds(declared, listed, checks)),
  };
}

/** The further requirements of a package's %check, if checks are run. */
export function requiredByCheck({ runCheck }: TreeInputs, { declared }: Tree) {
  return (name: string) => (runCheck ? (declared.specs.get(name)?.checkRequires ?? []) : []);
}

/** The packages of the tree that the images ask for. Others may come from repositories: compose-image looks for them. */
async function packagesOfImages(inputs: TreeInputs, graph: DeclaredGraph, log: Log): Promise<string[]> {
  const { configFile, configBaseDir, configExtraDirs } = inputs;
  const options = { configBaseDir, configExtraDirs, log: { ...log, warn: () => {} } };
  const images = await readImageConfigs(configFile, options);
  const requested = images.flatMap(({ named }) => named.requestedPackages);
  return requested.flatMap(({ capability }) => packageNamed(graph, nameOf(capability)) ?? []);
}
