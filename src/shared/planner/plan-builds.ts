import type { BuildContext } from '../builder/build-context.ts';
import type { PackagePlan } from '../model/outcome.ts';
import { type EngineOptions, newProgress, planOf, resolvePackages } from './engine.ts';

/** Decides what becomes of each package of a run without building anything: what `make plan` shows. */
export async function planBuilds(context: BuildContext): Promise<Map<string, PackagePlan>> {
  const progress = newProgress(context.tree.declared, context.run.names);
  await resolvePackages(engineOptions(context), progress, new Set());
  return planOf(progress);
}

/** The engine's options for a tree that has been read. */
export function engineOptions({ tree, store, run, log }: BuildContext): EngineOptions {
  const { priority, rebuild } = run;
  return { tree, store, priority, rebuild, warn: (message) => log.warn(message) };
}
