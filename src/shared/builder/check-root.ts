import { join } from 'node:path';
import { checkRecipeDigest, generateRecipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import { needsOrPointers } from '../graph/walk.ts';
import { textDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { generatedKey, generatedLimits, newlyNamed } from '../solver/generated-requires.ts';
import { solveRoot } from '../solver/solve-root.ts';
import { type BuildContext, paths } from './build-context.ts';
import { onRpmbuildError } from './build-failed.ts';
import { enterRoot, type RootContent } from './build-root.ts';
import { generateRequires } from './generate-requires.ts';
import { stage } from './pack-srpm.ts';
import { fetchSources } from './tree-sources.ts';

/** The root of a `%check`, and the key of its verdict. */
export interface CheckRoot {
  key: string;
  content: RootContent;
  /** Requirements that its `%generate_buildrequires` named. */
  generated: readonly Capability[];
}

/**
 * The key of a verdict: over the key of the result and everything installed in the root of its `%check`. Pure.
 * @param releaseAware true if the check sees every byte of it
 */
export function checkKey(
  resultKey: string | undefined,
  installed: readonly Rpm[],
  releaseAware: boolean,
): string {
  const content = installed.map((rpm) => [
    ...[rpm.name, rpm.arch, rpm.outputDigest],
    ...(releaseAware ? [rpm.shipDigest] : []),
  ]);
  return textDigest(JSON.stringify([checkRecipeDigest, resultKey, content]));
}

/**
 * Finds the root of a package's `%check`. With the check, a `%generate_buildrequires` may name more than for the build: it
 * runs until it names nothing new. All that it may need has been built by now, or is not there.
 * @param log the log of its runs
 * @returns the root, or why there is none
 */
export async function rootOfCheck(
  context: BuildContext,
  graph: Graph,
  spec: Spec,
  log: string,
): Promise<CheckRoot | { reason: string }> {
  const { tree } = context;
  const { package: name, checkRequires, buildConflicts } = spec;
  let generated = graph.generated.get(name) ?? [];
  for (let round = 0; round < generatedLimits.rounds; round++) {
    const needs = needsOrPointers(graph, name, { more: checkRequires, generated });
    const { missing, waits, packages, onDemand, unconverted } = needs;
    const awaited = waits.map((wait) => wait.open?.capability ?? wait.package);
    const lacking = [...missing.map(({ capability }) => capability), ...awaited, ...unconverted];
    if (lacking.length > 0) return { reason: `its %check needs ${lacking.join(', ')}, which is not there` };
    const requires = [...spec.buildRequires, ...checkRequires, ...generated];
    const visible = { results: resultsOf(graph, packages), onDemand };
    const root = await solveRoot(tree, visible, requires, buildConflicts);
    if (!root.ok) return { reason: root.problems.join('; ') };
    const rpms = root.installed.map(({ rpm }) => rpm);
    const key = checkKey(graph.results.get(name)?.key, rpms, tree.releaseAware.has(name));
    const installed = root.installed.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
    const content = { installed, packages, results: graph.results };
    if (spec.generates !== true) return { key, content, generated };
    const roundKey = generatedKey(generateRecipeDigest, key);
    const named = tree.generated.get(roundKey) ?? (await runRound(context, spec, content, log));
    tree.generated.add({ key: roundKey, package: name, requirements: [...named] });
    const news = newlyNamed(named, [...spec.buildRequires, ...checkRequires, ...generated]);
    if (news.length === 0) return { key, content, generated };
    generated = [...generated, ...news];
  }
  return {
    reason: `its %generate_buildrequires still names new requirements after ${generatedLimits.rounds} runs`,
  };
}

async function runRound(context: BuildContext, spec: Spec, content: RootContent, log: string) {
  const overlay = join(paths.overlays(context.inputs), `${spec.package}.check`);
  try {
    const staging = await stage(context, spec, await fetchSources(context, spec));
    const root = await enterRoot(context, spec.package, content, overlay);
    const running = generateRequires({ context, spec, root, staging, log }, 'check requirements');
    const failed = (code: number) => `its %generate_buildrequires failed: rpmbuild ended with ${code}`;
    return await running.catch(onRpmbuildError(failed, context, log));
  } finally {
    await removeTree(overlay);
  }
}
