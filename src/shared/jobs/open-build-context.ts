import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { failOnProblems, ProblemsError } from '../base/problems.ts';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { treeSources } from '../builder/tree-sources.ts';
import type { ActionContext } from '../github/action.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import { makeOwnFolder, removeTree } from '../host/folders.ts';
import { lockFolder } from '../host/lock.ts';
import { needs } from '../host/needs.ts';
import { readImageConfigs } from '../image/config/read.ts';
import type { RepositoryInputs, SharedInputs, StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Run } from '../model/run.ts';
import type { Spec } from '../model/spec.ts';
import { namedPackages, packageNamed, withNeeds } from '../planner/goals.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { priorities } from '../planner/priority.ts';
import { nameOf } from '../rpm/requirement.ts';
import { rememberingSolver } from '../solver/remembering-solver.ts';
import { openAnswers, type SharedAnswers } from '../solver/saved-answers.ts';
import { makeTree, type Tree } from '../solver/solve-root.ts';
import { startSolver } from '../solver/solver.ts';
import type { SpecError } from '../specs/find.ts';
import { distributionMacros } from '../specs/macros/distribution.ts';
import { policyMacros } from '../specs/macros/policy.ts';
import { parseSpecs } from '../specs/parse.ts';
import type { Store } from '../store/store.ts';
import { checkTree, specFolderProblems, withRevealed } from './check-tree.ts';
import { type OpenedStore, openStore, type Role } from './open-store.ts';
import { readPlan } from './read-plan.ts';
import { findToolchain } from './toolchain.ts';
import { limitsByPackage, withPolicies } from './tree-policies.ts';

/** A run that can be planned or built: its tree is read and checked, its build folder is this process's own. */
export interface OpenedRun extends Omit<OpenedStore, 'store' | 'remember'> {
  context: BuildContext;
  /** The plan of the run that this job shares. */
  plan: PlanJson | undefined;
  answers: SharedAnswers;
  /** Adds the results of a run to the index for later runs, also of one that failed. */
  remember(outcomes: ReadonlyMap<string, Outcome>): Promise<void>;
}

/** The commands that every job of build-packages needs on its host. */
export const building = [...needs.toolchain, ...needs.packages];

type OpenInputs = TreeInputs & Partial<StoreInputs & RepositoryInputs & Pick<SharedInputs, 'plan'>>;

/**
 * Opens a run, calls `body`, and closes the run: locks the build folder, finds the toolchain, parses the specs, opens the
 * store, chooses the packages, checks the tree.
 * @returns what `body` returns
 * @throws ProblemsError with all errors of the tree, before any build; or when another run uses the build folder
 */
export async function withBuildContext<T>(
  action: ActionContext,
  inputs: OpenInputs,
  role: Role,
  body: (opened: OpenedRun) => Promise<T>,
): Promise<T> {
  const release = await lockFolder(inputs.buildDir, { signal: action.signal });
  try {
    const opened = await openWithLock(inputs, action, role);
    try {
      return await body(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await release();
  }
}

async function openWithLock(inputs: OpenInputs, action: ActionContext, role: Role): Promise<OpenedRun> {
  const { log } = action;
  // Errors that show without a worker are reported before one is made.
  failOnProblems(await specFolderProblems(inputs.specsDir));
  await clearBuildFolder(inputs);
  const { toolchain, toolchainDir } = await findToolchain(inputs, action);
  const defines = distributionMacros(inputs);
  const parsed = await parseTree(inputs, { toolchain, toolchainDir, defines }, action);
  const isWhole = inputs.packageBuildList.length === 0;
  if (isWhole) failOnProblems(parsed.errors.map(({ problem }) => problem));
  const { store, ...stored } = await openStore(inputs, action, role);
  const answers = await openAnswers(join(inputs.cacheDir, 'solver.json'), isWhole, stored.index);
  const solver = rememberingSolver(toolchain, startSolver, answers);
  const sources = await treeSources(inputs, action);
  const byName = new Map(parsed.specs.map((spec) => [spec.package, spec]));
  const plain = makeTree({
    ...{ specs: parsed.specs, toolchain, solver, defines },
    sources: (name) => sources.digests(byName.get(name) as Spec),
  });
  // Before any package is chosen: who needs whom depends on it.
  const plan = role === 'share' ? await readPlan(inputs, stored.index, inputs.plan ?? '') : undefined;
  const pointers = plan && new Map(Object.entries(plan.pointers));
  const tree = await withPolicies(plain, inputs, parsed.errors, { pointers, store, log });
  const packageLimits = limitsByPackage(tree, inputs, parsed.errors);
  const chosen = await choosePackages(inputs, tree, parsed.errors, log);
  const checksOf = requiredByCheck(inputs, tree);
  const goals = new Set(chosen.goals);
  const checks = (name: string) => (goals.has(name) ? checksOf(name) : []);
  const run = { ...chosen, ...(await expectTimes(tree, store, chosen.names)) };
  await checkTree(inputs, tree, chosen.names, parsed.errors, log, checks).catch(async (error: unknown) => {
    throw error instanceof ProblemsError
      ? await withRevealed(error, { inputs, tree, store, run, log })
      : error;
  });
  log.info(`${counted(parsed.specs.length, 'spec')}, ${chosen.names.length} of them in this run.`);
  return {
    ...{ ...stored, plan },
    answers,
    context: { ...action, inputs: { ...inputs, packageLimits }, tree, run, store, sources, toolchainDir },
    remember: (outcomes) => stored.remember(outcomes, answers.kept()),
    close: async () => {
      await solver.close();
      await answers.save();
      await stored.close();
    },
  };
}

/** Removes what a run that was killed left in the build folder. */
async function clearBuildFolder(inputs: TreeInputs): Promise<void> {
  for (const folder of [paths.overlays(inputs), paths.staging(inputs), paths.exchange(inputs)]) {
    await makeOwnFolder(folder);
    for (const name of await readdir(folder)) await removeTree(join(folder, name));
  }
  for (const folder of [paths.logs(inputs), paths.failedRoots(inputs)]) await makeOwnFolder(folder);
}

async function parseTree(
  inputs: TreeInputs,
  { toolchain, toolchainDir, defines }: Pick<Tree, 'toolchain' | 'defines'> & { toolchainDir: string },
  { log, signal }: ActionContext,
): ReturnType<typeof parseSpecs> {
  const options = {
    ...{
      specsDir: inputs.specsDir,
      overlaysDir: paths.overlays(inputs),
      macroFiles: [policyMacros],
      defines,
    },
    ...{
      worker: join(toolchainDir, 'worker'),
      arch: toolchain.arch,
      jobs: availableParallelism(),
      log,
      signal,
    },
  };
  return await log.group('Specs', () => parseSpecs(options));
}

/** The packages that the inputs name, or all of the tree. @throws ProblemsError when a name is unknown */
async function choosePackages(
  inputs: TreeInputs,
  tree: Tree,
  errors: readonly SpecError[],
  log: Log,
): Promise<Pick<Run, 'goals' | 'names' | 'rebuild'>> {
  const { declared, specs } = tree;
  const { packageBuildList, packageRebuildList } = inputs;
  const ofImages = await packagesOfImages(inputs, declared, log);
  const goals =
    packageBuildList.length === 0
      ? [...declared.specs.keys()].sort(order)
      : [
          ...new Set([
            ...namedPackages(declared, packageBuildList, 'package-build-list', errors, specs),
            ...ofImages,
          ]),
        ];
  const rebuild = namedPackages(declared, packageRebuildList, 'package-rebuild-list', errors, specs);
  return {
    goals,
    names: await withNeeds(declared, goals, requiredByCheck(inputs, tree)),
    rebuild: new Set(rebuild),
  };
}

/** The further requirements of a package's %check, if checks are run. */
function requiredByCheck({ runCheck }: TreeInputs, { declared }: Tree) {
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

/** Expected times, in seconds, from the newest results in the store, and priorities that follow from them. */
async function expectTimes(tree: Tree, store: Store, names: readonly string[]) {
  const seconds = new Map<string, number>();
  for (const name of names) {
    const known = (await store.latest(name))?.seconds;
    if (known !== undefined) seconds.set(name, known);
  }
  return { seconds, priority: priorities(tree.declared, names, (name) => seconds.get(name)) };
}
