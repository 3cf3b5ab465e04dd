import type { BuildContext } from '../builder/build-context.ts';
import type { PackagePlan } from '../model/outcome.ts';
import { type EngineOptions, newProgress, planned, resolvePackages } from './engine.ts';

/** Decides what becomes of each package of a run without building anything: what `make plan` shows. */
export async function planBuilds(workshop: BuildContext): Promise<Map<string, PackagePlan>> {
  const progress = newProgress(workshop.names);
  await resolvePackages(engineOptions(workshop), progress, new Set());
  return planned(progress);
}

/** The engine's options for a tree that has been read. */
export function engineOptions({ tree, store, priority, rebuild, context }: BuildContext): EngineOptions {
  return { tree, store, priority, rebuild, warn: (message) => context.log.warn(message) };
}
