import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import { order } from '../base/order.ts';
import { failOnProblems, problem } from '../base/problems.ts';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { treeSources } from '../builder/tree-sources.ts';
import { recipeDigest } from '../cache-key/recipe.ts';
import type { ActionContext } from '../github/action.ts';
import { fileDigest, textDigest } from '../host/digests.ts';
import { readUserFile } from '../host/files.ts';
import { readDocument } from '../host/json-files.ts';
import { lockFolder } from '../host/lock.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Spec } from '../model/spec.ts';
import { areStandIns, type Toolchain, toolchainSchema } from '../model/toolchain.ts';
import { treeProblems } from '../planner/tree-problems.ts';
import { nameOf } from '../rpm/requirement.ts';
import { outcomesOf } from '../shards/worker/outcomes.ts';
import { runAlone } from '../shards/worker/run-alone.ts';
import { makeTree } from '../solver/solve-root.ts';
import { startSolver } from '../solver/solver.ts';
import { findSpecs, type SpecFile, specFile } from '../specs/find.ts';
import { findLayout } from '../specs/layout.ts';
import { distributionMacros } from '../specs/macros/distribution.ts';
import { policyMacros } from '../specs/macros/policy.ts';
import { parseSpecs } from '../specs/parse.ts';
import { DirectoryStore } from '../store/directory-store.ts';
import {
  baseOf,
  type MacroRpm,
  readAddedMacros,
  replaceMacros,
  withBaseFolder,
} from '../toolchain/macro-rpms.ts';
import { parseManifest, rpmNameOf } from '../toolchain/manifest/parse-manifest.ts';
import { errorsOfPackages, placeIn } from './check-tree.ts';

/** The toolchain of a job, and its folder. */
interface FoundToolchain {
  toolchain: Toolchain;
  toolchainDir: string;
}

/**
 * Makes the macro packages of the tree part of the worker of stand-ins: all specs are parsed and built with their macros.
 * They are built first, on the worker without them. An unchanged folder is left as it is.
 * @throws ProblemsError when a macro package cannot be parsed or built
 */
export async function addMacroPackages(
  found: FoundToolchain,
  inputs: TreeInputs,
  action: ActionContext,
): Promise<Toolchain> {
  const { toolchain, toolchainDir } = found;
  // Another job of the run added them to the one that it shared.
  if (!areStandIns(toolchain) || inputs.toolchainArtifact !== '') return toolchain;
  const state = await stateOf(found);
  const names = await macroRpmNames(inputs, state.base);
  const { files } = await findSpecs(inputs.specsDir);
  const specs = files.filter(({ package: name }) => names.includes(name));
  if ((await missingMacros(state, specs, inputs)) === undefined) return toolchain;
  const { log, signal } = action;
  // A second process waits here, and then finds what the first one made.
  const release = await lockFolder(inputs.cacheDir, { wait: log, signal });
  try {
    const now = await readDocument(toolchainSchema, join(toolchainDir, 'toolchain.json'));
    const missing = await missingMacros(await stateOf({ toolchain: now, toolchainDir }), specs, inputs);
    if (missing === undefined) return now;
    return await log.group('Macro packages', async () => {
      const { base, hasOthers, stamp } = missing;
      const build = async (baseDir: string) =>
        await buildMacroRpms({ toolchain: base, toolchainDir: baseDir }, names, { specs, inputs }, action);
      const added = hasOthers
        ? await withBaseFolder(toolchainDir, base, build, signal)
        : await build(toolchainDir);
      const line = added.map(({ rpm }) => rpm.file).join(', ');
      log.info(added.length === 0 ? 'No package makes only macros.' : `In the worker: ${line}`);
      return await replaceMacros(toolchainDir, { base, stamp, added }, signal);
    });
  } finally {
    await release();
  }
}

/** The macro packages that a toolchain folder has been given, and the toolchain without them. */
interface State {
  added: Awaited<ReturnType<typeof readAddedMacros>>;
  base: Toolchain;
}

async function stateOf({ toolchain, toolchainDir }: FoundToolchain): Promise<State> {
  const added = await readAddedMacros(toolchainDir);
  return { added, base: baseOf(toolchain, added) };
}

/**
 * Compares a toolchain with what the macro packages of a tree ask for. Returns the toolchain without macro packages, whether
 * the folder has others, and the stamp that is wanted; undefined when nothing is to be done.
 */
async function missingMacros(
  { added, base }: State,
  specs: readonly SpecFile[],
  inputs: TreeInputs,
): Promise<{ base: Toolchain; hasOthers: boolean; stamp: string | undefined } | undefined> {
  const stamp = specs.length === 0 ? undefined : await stampOf(base, specs, inputs);
  return added?.stamp === stamp ? undefined : { base, hasOthers: added !== undefined, stamp };
}

/** RPMs of macros, by their names. Those of checks are none: they make every failure of a test a success. */
const macroName = /-s?rpm-macros$/;

/**
 * The names of the RPMs with macros that every spec may use: those of the tree's list, and those of Azure Linux's worker
 * that no stand-in has. Its specs rely on these without saying so.
 */
async function macroRpmNames({ macroPackages: file, specsDir }: TreeInputs, base: Toolchain) {
  if (file === '') return [];
  const text = await readUserFile(file, 'The list of macro packages');
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const listed = lines.filter((line) => line !== '');
  const layout = findLayout(specsDir, hostArchitecture.rpm);
  if (layout?.workerManifest === undefined || file !== layout.macroPackages) return listed;
  const provided = new Set(base.rpms.flatMap(({ provides }) => provides.map(nameOf)));
  const worker = await readUserFile(layout.workerManifest, "The list of the worker's RPMs");
  const others = parseManifest(worker, layout.workerManifest, hostArchitecture.rpm)
    .map((one) => rpmNameOf(one.file))
    .filter((name) => macroName.test(name) && !provided.has(name));
  return [...new Set([...listed, ...others])];
}

/** The digest of all that decides what macro packages are built and what they hold, but for their macros' own. */
async function stampOf(base: Toolchain, specs: readonly SpecFile[], inputs: TreeInputs): Promise<string> {
  const content: [string, string][] = [];
  for (const spec of specs) {
    const folder = dirname(specFile(spec));
    for (const path of (await readdir(folder, { recursive: true })).sort(order)) {
      const digest = await fileDigest(join(folder, path)).catch(() => 'no file');
      content.push([join(spec.package, path), digest]);
    }
  }
  const parts = [base.workerDigest, recipeDigest, distributionMacros(inputs), content];
  return textDigest(JSON.stringify(parts));
}

/** Builds the packages of these specs that make only architecture-independent RPMs. Returns the RPMs named `names`. */
async function buildMacroRpms(
  found: FoundToolchain,
  names: readonly string[],
  { specs: files, inputs }: { specs: readonly SpecFile[]; inputs: TreeInputs },
  action: ActionContext,
): Promise<MacroRpm[]> {
  if (files.length === 0) return [];
  const parsed = await parseMacroSpecs(found, new Set(files.map((file) => file.package)), inputs, action);
  const specs = parsed.filter(({ packages }) => packages.every(({ arch }) => arch === 'noarch'));
  if (specs.length === 0) return [];
  const solver = await startSolver(found.toolchain);
  try {
    const context = await contextOf(found, specs, solver, inputs, action);
    const outcomes = outcomesOf(await runAlone(context));
    const rpms: MacroRpm[] = [];
    for (const [name, outcome] of outcomes) {
      if (!('result' in outcome))
        throw problem(`The macro package '${name}' cannot be built: ${outcome.reason}`, {
          file: specFile(context.tree.declared.specs.get(name) as Spec),
          hint: 'Every spec is parsed with its macros.',
        });
      const folder = await context.store.open(outcome.result);
      const wanted = outcome.result.rpms.filter((rpm) => names.includes(rpm.name));
      rpms.push(...wanted.map((rpm) => ({ rpm, path: join(folder, rpm.file) })));
    }
    return rpms;
  } finally {
    await solver.close();
  }
}

async function parseMacroSpecs(
  { toolchain, toolchainDir }: FoundToolchain,
  only: ReadonlySet<string>,
  inputs: TreeInputs,
  { log, signal }: ActionContext,
): Promise<Spec[]> {
  const { specs, errors } = await parseSpecs({
    ...{ specsDirs: inputs.specsDir, only, overlaysDir: paths.overlays(inputs), macroFiles: [policyMacros] },
    ...{ defines: distributionMacros(inputs), worker: join(toolchainDir, 'worker'), arch: toolchain.arch },
    ...{ jobs: availableParallelism(), log, signal },
  });
  // One that builds programs, as cmake, may need macros that come with the others: it is none of them.
  failOnProblems(specs.length === 0 ? errors.map((error) => error.problem) : []);
  return specs;
}

/** A run over macro packages alone: whatever they need is in the toolchain. */
async function contextOf(
  { toolchain, toolchainDir }: FoundToolchain,
  specs: readonly Spec[],
  solver: Awaited<ReturnType<typeof startSolver>>,
  inputs: TreeInputs,
  action: ActionContext,
): Promise<BuildContext> {
  const sources = await treeSources(inputs, action);
  const byName = new Map(specs.map((spec) => [spec.package, spec]));
  const tree = makeTree({
    ...{ specs, toolchain, solver, defines: distributionMacros(inputs) },
    sources: (name) => sources.digests(byName.get(name) as Spec),
  });
  const names = [...byName.keys()].sort();
  const known = (await errorsOfPackages(tree, names, [])).map((error) => error.problem);
  failOnProblems([
    ...known,
    ...treeProblems(tree.declared, names, placeIn(tree.declared.specs), specs, () => []),
  ]);
  const none = { rebuild: new Set<string>(), failures: new Map(), prebuilt: [] };
  const times = { seconds: new Map(), priority: new Map() };
  const run = { ...none, ...times, goals: names, names };
  const store = new DirectoryStore(join(inputs.cacheDir, 'store'));
  return { ...action, inputs, tree, run, store, sources, toolchainDir };
}
