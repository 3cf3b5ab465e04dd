import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import { counted } from '../base/counted.ts';
import type { Log } from '../base/log.ts';
import { failOnProblems, ProblemsError } from '../base/problems.ts';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { treeSources } from '../builder/tree-sources.ts';
import type { ActionContext } from '../github/action.ts';
import { makeOwnFolder, removeTree } from '../host/folders.ts';
import { lockFolder } from '../host/lock.ts';
import { needs } from '../host/needs.ts';
import type { PlanInputs, RepositoryInputs, SharedInputs, StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { priorities } from '../planner/priority.ts';
import { treeFailures } from '../planner/tree-failures.ts';
import { openGenerated } from '../solver/generated-requires.ts';
import { rememberingSolver } from '../solver/remembering-solver.ts';
import { openAnswers, type SharedAnswers } from '../solver/saved-answers.ts';
import { makeTree, type Tree } from '../solver/solve-root.ts';
import { startSolver } from '../solver/solver.ts';
import { parsesAtOnce } from '../specs/ask-rpm.ts';
import { findLayout, layoutLines } from '../specs/layout.ts';
import { distributionMacros } from '../specs/macros/distribution.ts';
import { policyMacros } from '../specs/macros/policy.ts';
import { parseSpecs } from '../specs/parse.ts';
import { openParses } from '../specs/saved-parses.ts';
import type { Store } from '../store/store.ts';
import type { StoreIndex } from '../store/store-index.ts';
import { isForeign, toolchainFor } from '../toolchain/target.ts';
import { breakCycles } from './break-cycles.ts';
import {
  checkStrict,
  errorsOfPackages,
  isOfFolder,
  placeIn,
  sketchesOf,
  specFolderProblems,
  withRevealed,
} from './check-tree.ts';
import { choosePackages, requiredByCheck } from './choose-run.ts';
import { type GrowingTree, growingTree } from './growing-tree.ts';
import { addMacroPackages } from './macro-packages.ts';
import { type OpenedStore, openStore, type Role } from './open-store.ts';
import { failuresOf, readPlan } from './read-plan.ts';
import { withLock } from './stand-ins.ts';
import { type FoundToolchain, findToolchain } from './toolchain.ts';
import { limitsByPackage, policiesOf, withPolicies } from './tree-policies.ts';

/** A run that can be planned or built: its tree is read and checked, its build folder is this process's own. */
export interface OpenedRun extends Omit<OpenedStore, 'store' | 'remember'>, Pick<GrowingTree, 'grow'> {
  context: BuildContext;
  /** The plan of the run that this job shares. */
  plan: PlanJson | undefined;
  answers: SharedAnswers;
  /** The lock of the toolchain, which may be absent. */
  lockPath: string;
  /** Adds the results of a run to the index for later runs, also of one that failed. */
  remember(outcomes: ReadonlyMap<string, Outcome>): Promise<void>;
}

/** The commands that every job of build-packages needs on its host. */
export const building = [...needs.toolchain, ...needs.packages];

type OpenInputs = TreeInputs &
  Partial<StoreInputs & RepositoryInputs & Pick<SharedInputs, 'plan'> & Pick<PlanInputs, 'targetArch'>>;

/**
 * Opens a run, calls `body`, and closes the run: locks the build folder, finds the toolchain, opens the store, parses the
 * specs, chooses the packages, checks the tree.
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
  sayLayout(inputs, log);
  await clearBuildFolder(inputs);
  const base = await findToolchain(inputs, action);
  const own = { ...base, toolchain: await addMacroPackages(base, inputs, action) };
  const found = await withLock(forTarget(own, inputs.targetArch));
  const { toolchain, toolchainDir, onDemand } = found;
  const defines = distributionMacros(inputs);
  const { store, ...stored } = await openStore(inputs, action, role);
  // Before specs are parsed and packages are chosen: it brings answers, and who needs whom depends on it.
  const plan = role === 'share' ? await readPlan(inputs, stored.index, inputs.plan ?? '') : undefined;
  const parsed = await parseTree(inputs, { toolchain, toolchainDir, defines }, stored.index, action);
  const isWhole = inputs.packageBuildList.length === 0;
  const mayNotFail = inputs.strictSpecs ? () => true : isOfFolder;
  if (isWhole) failOnProblems(parsed.errors.filter(mayNotFail).map(({ problem }) => problem));
  const specs = [...parsed.specs, ...sketchesOf(inputs.specsDir, parsed.specs, parsed.errors)];
  const answers = await openAnswers(join(inputs.cacheDir, 'solver.json'), isWhole, stored.index);
  const generated = await openGenerated(join(inputs.cacheDir, 'generated.json'), isWhole, stored.index);
  const sources = await treeSources(inputs, action);
  const byName = new Map(specs.map((spec) => [spec.package, spec]));
  const parts = {
    ...{ specs, toolchain, onDemand, defines, generated },
    solver: rememberingSolver(toolchain, startSolver, answers),
    sources: (name: string) => sources.digests(byName.get(name) as Spec),
  };
  const plain = makeTree(parts, undefined, inputs.packageRebuildList);
  const pointers = plan && new Map(Object.entries(plan.pointers));
  const withPolicy = await withPolicies(plain, inputs, parsed.errors, { pointers, store, log });
  const unbroken = await breakCycles({ tree: withPolicy, found }, inputs, plan, action);
  const declared = unbroken.tree;
  const packageLimits = limitsByPackage(declared, inputs, parsed.errors);
  const chosen = await choosePackages(inputs, declared, parsed.errors, log);
  const checksOf = requiredByCheck(inputs, declared);
  const goals = new Set(chosen.goals);
  const checks = (name: string) => (goals.has(name) ? checksOf(name) : []);
  const growth = {
    ...{ names: chosen.names, checks, store, cacheDir: inputs.cacheDir, generated: stored.index.generated },
    ...{ mayAdd: role !== 'share', mayConvert: role === 'alone' || role === 'share' },
  };
  const growing = await growingTree(unbroken, action, growth, answers);
  const { tree } = growing;
  const seconds = await expectedTimes(store, chosen.names);
  const known = await errorsOfPackages(tree, chosen.names, parsed.errors);
  try {
    checkStrict(tree, chosen, { errors: parsed.errors, known }, log, checks);
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const run = { ...chosen, seconds, failures: new Map(), priority: new Map() };
    throw await withRevealed(error, { inputs, tree, store, run, log });
  }
  const place = placeIn(tree.declared.specs);
  const failures = plan
    ? failuresOf(plan, known)
    : treeFailures(tree.declared, chosen.names, known, place, specs);
  const buildable = chosen.names.filter((name) => !failures.has(name));
  const priority = priorities(tree.declared, buildable, (name) => seconds.get(name));
  const run = { ...chosen, seconds, failures, priority };
  log.info(`${counted(parsed.specs.length, 'spec')}, ${chosen.names.length} of them in this run.`);
  return {
    ...{ ...stored, plan, lockPath: found.lockPath },
    answers,
    grow: growing.grow,
    context: { ...action, inputs: { ...inputs, packageLimits }, tree, run, store, sources, toolchainDir },
    remember: (outcomes) =>
      stored.remember(outcomes, { answers: answers.kept(), generated: generated.kept() }),
    close: async () => {
      await growing.close();
      await answers.save();
      await generated.save();
      await stored.close();
    },
  };
}

/** Says what an Azure Linux tree gives this job. What only makes a toolchain is left out where there is one. */
function sayLayout(inputs: TreeInputs, log: Log): void {
  const hasToolchain = inputs.toolchainDir !== '' || inputs.toolchainArtifact !== '';
  const used = hasToolchain
    ? { ...inputs, toolchainManifest: '', workerManifest: '', toolchainGpgValidationKeys: [] }
    : inputs;
  for (const line of layoutLines(used, findLayout(inputs.specsDir, hostArchitecture.rpm))) log.info(line);
}

/** Removes what a run that was killed left in the build folder. */
async function clearBuildFolder(inputs: TreeInputs): Promise<void> {
  for (const folder of [paths.overlays(inputs), paths.staging(inputs), paths.exchange(inputs)]) {
    await makeOwnFolder(folder);
    for (const name of await readdir(folder)) await removeTree(join(folder, name));
  }
  for (const folder of [paths.logs(inputs), paths.failedRoots(inputs)]) await makeOwnFolder(folder);
}

/** Returns the toolchain as the architecture that is planned for would have it. */
function forTarget(found: FoundToolchain, arch = ''): FoundToolchain {
  return isForeign(arch) ? { ...found, toolchain: toolchainFor(found.toolchain, arch) } : found;
}

async function parseTree(
  inputs: TreeInputs,
  { toolchain, toolchainDir, defines }: Pick<Tree, 'toolchain' | 'defines'> & { toolchainDir: string },
  { parses }: StoreIndex,
  { log, signal }: ActionContext,
): ReturnType<typeof parseSpecs> {
  const { arch, workerDigest } = toolchain;
  const memory = await openParses(join(inputs.cacheDir, `parses-${arch}.jsonl`), parses);
  const options = {
    ...{
      specsDirs: inputs.specsDir,
      overlaysDir: paths.overlays(inputs),
      macroFiles: [policyMacros],
      defines,
      versionsWithout: policiesOf(inputs).has('spec-version-macros') ? inputs.distTag : undefined,
    },
    ...{
      worker: join(toolchainDir, 'worker'),
      remembering: { memory, workerDigest },
      jobs: parsesAtOnce(),
    },
    ...{ arch, log, signal },
  };
  const parsed = await log.group('Specs', () => parseSpecs(options));
  await memory.save();
  return parsed;
}

/** Expected times, in seconds, from the newest results in the store. */
async function expectedTimes(store: Store, names: readonly string[]): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const name of names) {
    const known = (await store.latest(name))?.seconds;
    if (known !== undefined) seconds.set(name, known);
  }
  return seconds;
}
