import { resultsOf } from '../graph/graph.ts';
import type { Result } from '../model/build-result.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { RootRpm, Rpm } from '../model/rpm.ts';
import type { Root } from '../sandbox/overlay.ts';
import type { BuildContext } from './build-context.ts';
import { makeBuildRoot } from './build-root.ts';

/** The RPMs of a build root: those that a key lists, and the results that hold the local ones. */
export interface RootContent extends Pick<PlannedBuild, 'installed' | 'packages'> {
  results: ReadonlyMap<string, Result>;
}

/** Makes the build root that a key lists, from the toolchain and from results of the store. */
export async function enterRoot(
  { tree, store, toolchainDir, signal }: BuildContext,
  content: RootContent,
  overlay: string,
): Promise<Root> {
  const prebuilt = new Map(tree.toolchain.rpms.map((rpm) => [rpm.file, rpm]));
  const local = new Map<string, { rpm: Rpm; result: Result }>();
  for (const result of resultsOf(content, content.packages)) {
    for (const rpm of result.rpms) local.set(rpm.file, { rpm, result });
  }
  const folders = new Map<Rpm, string>();
  const installed: RootRpm[] = [];
  for (const { origin, file } of content.installed) {
    const found = local.get(file);
    if (origin === 'toolchain' || found === undefined) {
      installed.push({ origin: 'toolchain', rpm: prebuilt.get(file) as Rpm });
      continue;
    }
    folders.set(found.rpm, await store.openWithoutDebug(found.result));
    installed.push({ origin, rpm: found.rpm });
  }
  const folderOf = (rpm: Rpm) => folders.get(rpm) as string;
  const { toolchain } = tree;
  return await makeBuildRoot({ toolchain, toolchainDir, overlay, installed, folderOf, signal });
}
