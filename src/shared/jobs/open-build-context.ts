import { readFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { failOnProblems, type Problem, ProblemsError } from '../base/problems.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { paths } from '../builder/paths.ts';
import { treeSources } from '../builder/tree-sources.ts';
import type { ActionContext } from '../github/action.ts';
import { removeTree } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { lockFolder } from '../host/lock.ts';
import { readImageConfig } from '../image/config/read.ts';
import type { Result } from '../model/build-result.ts';
import type { RepositoryInputs, StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { Run } from '../model/run.ts';
import type { Spec } from '../model/spec.ts';
import type { Kept } from '../model/stored-parts.ts';
import { namedPackages, packageNamed, treeProblems, withNeeds } from '../planner/goals.ts';
import { priorities } from '../planner/priority.ts';
import { nameOf } from '../rpm/capability.ts';
import { type AnswerMemory, rememberingSolver } from '../solver/remembering-solver.ts';
import { makeTree, type Tree } from '../solver/solve-root.ts';
import { type SolverAnswer, startSolver } from '../solver/solver.ts';
import { findSpecs, type SpecError } from '../specs/find.ts';
import { distributionMacros } from '../specs/macros/distribution.ts';
import { policyMacros } from '../specs/macros/policy.ts';
import { parseSpecs } from '../specs/parse.ts';
import type { StorageRequest } from '../store/allocation.ts';
import type { Store } from '../store/store.ts';
import type { StoreIndex } from '../store/store-index.ts';
import { findToolchain } from './find-toolchain.ts';
import { openStore, type Role } from './open-store.ts';

/** The solver's answers of earlier runs. */
interface OpenMemory extends AnswerMemory {
  /** What this run asked for; unless it is over all specs, also what others did. */
  kept(): ReadonlyMap<string, SolverAnswer>;
  save(): Promise<void>;
}

/** @param told answers that come from elsewhere, also later on */
export async function openMemory(file: string, all: boolean, told: StoreIndex): Promise<OpenMemory> {
  const answers = new Map(Object.entries((await readJson<Record<string, SolverAnswer>>(file)) ?? {}));
  const asked = new Map<string, SolverAnswer>();
  const kept = () => (all ? asked : new Map([...told.answers, ...answers]));
  return {
    kept,
    get: (question) => {
      const known = answers.get(question) ?? told.answers.get(question);
      if (known !== undefined) asked.set(question, known);
      return known;
    },
    set: (question, answer) => {
      answers.set(question, answer);
      asked.set(question, answer);
    },
    save: async () => {
      const sorted = [...kept()].sort(([a], [b]) => order(a, b));
      await writeJson(file, Object.fromEntries(sorted));
    },
  };
}

/** A run that can be planned or built: its tree is read and checked, its build folder is this process's own. */
export interface OpenedRun {
  context: BuildContext;
  /** What of the store is on this machine. */
  local: Store;
  /** What the store has, as far as other runs told. */
  index: StoreIndex;
  /** Divides the room of the store, before anything is built. */
  makeRoom(request: StorageRequest): void;
  /** Tells later runs what this one has. @param keptOf what of the result under a key is stored */
  remember(results: readonly Result[], keptOf: (key: string) => Kept | undefined): Promise<void>;
  /** Saves the solver's answers, ends the solver, unlocks the build folder. */
  close(): Promise<void>;
}

/**
 * Reads and checks a whole tree, and makes its build folder this process's own.
 * @throws ProblemsError with everything that is wrong with it, before any build; or when another run is at work there
 */
export async function openBuildContext(
  inputs: TreeInputs & Partial<StoreInputs & RepositoryInputs>,
  context: ActionContext,
  role: Role,
): Promise<OpenedRun> {
  const release = await lockFolder(inputs.buildDir, { signal: context.signal });
  try {
    const opened = await readTree(inputs, context, role);
    const close = async () => {
      await opened.close();
      await release();
    };
    return { ...opened, close };
  } catch (error) {
    await release();
    throw error;
  }
}

async function readTree(
  inputs: TreeInputs & Partial<StoreInputs & RepositoryInputs>,
  context: ActionContext,
  role: Role,
): Promise<OpenedRun> {
  const { log, signal } = context;
  // What needs no worker is said before one is made.
  failOnProblems(
    (await findSpecs(inputs.specsDir)).faults.filter(isFoldersOwn).map(({ problem }) => problem),
  );
  await sweep(inputs);
  const { toolchain, toolchainDir } = await findToolchain(inputs, context);
  const defines = distributionMacros(inputs);
  const { specs, faults } = await log.group('Specs', () =>
    parseSpecs({
      specsDir: inputs.specsDir,
      worker: join(toolchainDir, 'worker'),
      overlaysDir: paths.overlays(inputs),
      macroFiles: [policyMacros],
      defines,
      arch: toolchain.arch,
      jobs: availableParallelism(),
      log,
      signal,
    }),
  );
  const all = inputs.packageBuildList.length === 0;
  if (all) failOnProblems(faults.map(({ problem }) => problem));
  const opened = await openStore(inputs, context, role);
  const { store, local, index } = opened;
  const memory = await openMemory(join(inputs.cacheDir, 'solver.json'), all, index);
  const solver = rememberingSolver(toolchain, startSolver, memory);
  const sources = await treeSources(inputs, context);
  const byName = new Map(specs.map((spec) => [spec.package, spec]));
  const tree = makeTree({
    ...{ specs, toolchain, solver, defines },
    sources: (name) => sources.digests(byName.get(name) as Spec),
  });
  const goals = all
    ? [...tree.declared.specs.keys()].sort(order)
    : [
        ...namedPackages(tree.declared, inputs.packageBuildList, 'package-build-list', faults, specs),
        ...(await imageGoals(inputs, tree, log)),
      ];
  const rebuild = namedPackages(
    tree.declared,
    inputs.packageRebuildList,
    'package-rebuild-list',
    faults,
    specs,
  );
  const names = withNeeds(tree.declared, goals, (name) =>
    inputs.runCheck ? (byName.get(name)?.checkRequires ?? []) : [],
  );
  await checkTree(inputs, tree, names, faults, log);
  const seconds = new Map<string, number>();
  for (const name of names) {
    const known = (await store.latest(name))?.seconds;
    if (known !== undefined) seconds.set(name, known);
  }
  log.info(`${specs.length} specs, ${names.length} of them in this run.`);
  const run: Run = {
    ...{ goals, names, seconds },
    rebuild: new Set(rebuild),
    priority: priorities(tree.declared, names, (name) => seconds.get(name)),
  };
  return {
    context: { ...context, inputs, tree, run, store, sources, toolchainDir },
    ...{ local, index },
    remember: (results, keptOf) => opened.remember(results, keptOf, memory.kept()),
    makeRoom: opened.makeRoom,
    close: async () => {
      await solver.close();
      await memory.save();
      await opened.close();
    },
  };
}

/** The packages of the tree that the image asks for. What it asks for besides is the image's own affair. */
async function imageGoals(inputs: TreeInputs, tree: Tree, log: Log): Promise<string[]> {
  if (inputs.configFile === '') return [];
  const quiet: Log = { ...log, warn: () => {} };
  const { configFile, configBaseDir } = inputs;
  const { named } = await readImageConfig({ configFile, configBaseDir, log: quiet });
  return named.requestedPackages.flatMap(
    ({ capability }) => packageNamed(tree.declared, nameOf(capability)) ?? [],
  );
}

function isFoldersOwn({ packages }: SpecError): boolean {
  return packages.length === 0;
}

/**
 * Everything that can be said of a run before anything is built: sources without digests, requirements that nothing
 * provides, cycles. Faults of specs that this run does not need are told and stop nothing; they do where something is
 * missing, which such a spec may be the one to provide.
 */
async function checkTree(
  inputs: TreeInputs,
  tree: Tree,
  names: readonly string[],
  faults: readonly SpecError[],
  log: Log,
): Promise<void> {
  const problems: Problem[] = [];
  for (const name of names) {
    await tree.sources(name).catch((error: unknown) => {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    });
  }
  const wrong = treeProblems(tree.declared, names, placeIn(inputs.specsDir, tree.declared.specs));
  const stops = (fault: SpecError) =>
    wrong.length > 0 || isFoldersOwn(fault) || fault.packages.some((name) => names.includes(name));
  failOnProblems([...faults.filter(stops).map(({ problem }) => problem), ...problems, ...wrong]);
  for (const { problem } of faults) log.warn({ ...problem, hint: 'This run does not need it: left out.' });
}

/** Removes what a killed run left of its work in progress. */
async function sweep(inputs: TreeInputs): Promise<void> {
  for (const folder of [paths.overlays(inputs), paths.staging(inputs), paths.exchange(inputs)]) {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) await removeTree(join(folder, name));
  }
  await mkdir(paths.logs(inputs), { recursive: true });
}

/** Where a requirement stands in its spec: the first line that names it. */
function placeIn(specsDir: string, specs: ReadonlyMap<string, Spec>) {
  return (name: string, capability: string) => {
    const file = join(specsDir, specs.get(name)?.path ?? `${name}.spec`);
    const wanted = nameOf(capability);
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => wanted !== '' && /Requires/i.test(line) && line.includes(wanted));
    return at === -1 ? { file } : { file, line: at + 1 };
  };
}
