import { readFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { policyMacros } from '../../../src/shared/buildroot/recipe.ts';
import { removeLayer } from '../../../src/shared/buildroot/sandbox.ts';
import type { ActionContext } from '../../../src/shared/github/action.ts';
import { readJson, writeJson } from '../../../src/shared/host/files.ts';
import { lockFolder } from '../../../src/shared/host/lock.ts';
import { namedPackages, treeProblems, withNeeds } from '../../../src/shared/plan/goals.ts';
import { makeTree, type Tree } from '../../../src/shared/plan/settle.ts';
import { failOnProblems, problem } from '../../../src/shared/problems.ts';
import { nameOf } from '../../../src/shared/rpm/capability.ts';
import { priorities } from '../../../src/shared/schedule/priority.ts';
import { rememberingSolver } from '../../../src/shared/solver/remember.ts';
import { type Solver, type SolverAnswer, startSolver } from '../../../src/shared/solver/solver.ts';
import type { Sources } from '../../../src/shared/sources/locate.ts';
import { parseSpecs } from '../../../src/shared/spec/parse.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { directoryStore } from '../../../src/shared/store/directory.ts';
import type { Store } from '../../../src/shared/store/store.ts';
import { prepareToolchain } from '../../../src/shared/toolchain/prepare.ts';
import type { Toolchain } from '../../../src/shared/toolchain/toolchain.ts';
import { distributionMacros, type TreeInputs } from './inputs.ts';
import { treeSources } from './source-digests.ts';

/** Everything that planning and building of one tree have in common. */
export interface Workshop {
  inputs: TreeInputs;
  context: ActionContext;
  tree: Tree;
  store: Store;
  sources: Sources;
  toolchainDir: string;
  /** Packages asked for. */
  goals: string[];
  /** The goals and all that they may need. */
  names: string[];
  rebuild: Set<string>;
  priority: Map<string, number>;
  /** Expected seconds of a package, from its newest result. */
  seconds: Map<string, number>;
  /** Keeps the solver's answers and ends it; lets go of the build folder. */
  close(): Promise<void>;
}

/** Folders below `build-dir`. */
export const places = {
  layers: (inputs: TreeInputs) => join(inputs.buildDir, 'layers'),
  staging: (inputs: TreeInputs) => join(inputs.buildDir, 'staging'),
  logs: (inputs: TreeInputs) => join(inputs.buildDir, 'logs'),
  failedRoots: (inputs: TreeInputs) => join(inputs.buildDir, 'roots'),
} as const;

/**
 * Reads and checks a whole tree, and makes its build folder this process's own.
 * @throws ProblemsError with everything that is wrong with it, before any build; or when another run is at work there
 */
export async function openWorkshop(inputs: TreeInputs, context: ActionContext): Promise<Workshop> {
  const release = await lockFolder(inputs.buildDir, { signal: context.signal });
  try {
    const workshop = await readTree(inputs, context);
    const close = async () => {
      await workshop.close();
      await release();
    };
    return { ...workshop, close };
  } catch (error) {
    await release();
    throw error;
  }
}

async function readTree(inputs: TreeInputs, context: ActionContext): Promise<Workshop> {
  const { log, signal } = context;
  const { toolchain, toolchainDir } = await findToolchain(inputs, context);
  await sweep(inputs);
  const defines = distributionMacros(inputs);
  const { specs } = await log.group('Specs', () =>
    parseSpecs({
      specsDir: inputs.specsDir,
      worker: join(toolchainDir, 'worker'),
      layersDir: places.layers(inputs),
      macroFiles: [policyMacros],
      defines,
      arch: toolchain.arch,
      jobs: availableParallelism(),
      log,
      signal,
    }),
  );
  const memoryFile = join(inputs.cacheDir, 'solver.json');
  const answers = new Map(Object.entries((await readJson<Record<string, SolverAnswer>>(memoryFile)) ?? {}));
  const asked = new Map<string, SolverAnswer>();
  const solver: Solver = rememberingSolver(toolchain, startSolver, {
    get: (question) => {
      const known = answers.get(question);
      if (known !== undefined) asked.set(question, known);
      return known;
    },
    set: (question, answer) => {
      answers.set(question, answer);
      asked.set(question, answer);
    },
  });
  const store = directoryStore(join(inputs.cacheDir, 'store'));
  const bare = makeTree({ specs, toolchain, solver, sources: new Map(), defines });
  const goals =
    inputs.packageBuildList.length === 0
      ? [...bare.graph.specs.keys()].sort()
      : namedPackages(bare.graph, inputs.packageBuildList, 'package-build-list');
  const rebuild = new Set(namedPackages(bare.graph, inputs.packageRebuildList, 'package-rebuild-list'));
  const names = withNeeds(bare.graph, goals);
  const sources = await treeSources(inputs, context);
  const { digests, problems } = await sources.digests(specs.filter((spec) => names.includes(spec.package)));
  failOnProblems([
    ...problems,
    ...treeProblems(bare.graph, names, placeIn(inputs.specsDir, bare.graph.specs)),
  ]);
  const tree: Tree = { ...bare, sources: digests };
  const seconds = new Map<string, number>();
  for (const name of names) {
    const known = (await store.latest(name))?.seconds;
    if (known !== undefined) seconds.set(name, known);
  }
  log.info(`${specs.length} specs, ${names.length} of them in this run.`);
  return {
    ...{ inputs, context, tree, store, sources, toolchainDir, goals, names, rebuild, seconds },
    priority: priorities(tree.graph, names, (name) => seconds.get(name)),
    close: async () => {
      await solver.close();
      await writeJson(memoryFile, Object.fromEntries([...asked].sort(([a], [b]) => (a < b ? -1 : 1))));
    },
  };
}

async function findToolchain(
  inputs: TreeInputs,
  { log, signal }: ActionContext,
): Promise<{ toolchain: Toolchain; toolchainDir: string }> {
  if (inputs.toolchainDir !== '') {
    const toolchain = await readJson<Toolchain>(join(inputs.toolchainDir, 'toolchain.json'));
    if (toolchain?.schema === 'azl/toolchain') return { toolchain, toolchainDir: inputs.toolchainDir };
    throw problem(
      `Input 'toolchain-dir' (TOOLCHAIN_DIR) is '${inputs.toolchainDir}', which holds no toolchain.json`,
      {
        mend: 'Give the toolchain-dir that the toolchain action put out, or leave it empty.',
      },
    );
  }
  const toolchainDir = join(inputs.cacheDir, 'toolchain');
  const toolchain = await log.group('Toolchain', () =>
    prepareToolchain({
      mode: inputs.toolchainMode === 'auto' ? 'bootstrap' : inputs.toolchainMode,
      dir: toolchainDir,
      cacheDir: inputs.cacheDir,
      update: false,
      jobs: availableParallelism(),
      log,
      signal,
    }),
  );
  return { toolchain, toolchainDir };
}

/** Removes what a killed run left of its work in progress. */
async function sweep(inputs: TreeInputs): Promise<void> {
  for (const folder of [places.layers(inputs), places.staging(inputs)]) {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) await removeLayer(join(folder, name));
  }
  await mkdir(places.logs(inputs), { recursive: true });
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
