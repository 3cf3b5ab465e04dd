import type { BuildContext } from '../builder/build-context.ts';
import type { ActionContext } from '../github/action.ts';
import { needs } from '../host/needs.ts';
import type { Outcome } from '../model/outcome.ts';
import type { OwnRepository } from '../rpm-repository/write/publish.ts';
import { type OpenedRun, openBuildContext } from './open-build-context.ts';
import type { Role } from './open-store.ts';

/** The commands that every job needs on its host. */
export const building = [...needs.toolchain, ...needs.packages];

/** Returns what `body` returns, which runs with the tree of these inputs opened. */
export async function withBuildContext<T>(
  context: ActionContext,
  inputs: Parameters<typeof openBuildContext>[0],
  role: Role,
  body: (opened: OpenedRun) => Promise<T>,
): Promise<T> {
  const opened = await openBuildContext(inputs, context, role);
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}

/** Adds the results of a run to the index for later runs, also of one that failed. */
export async function rememberResults(
  opened: OpenedRun,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  const found = [...outcomes.values()].flatMap((one) => ('result' in one ? [one] : []));
  const parts = new Map(found.map((one) => [one.result.key, one.stored]));
  await opened.remember(
    found.map(({ result }) => result),
    (key) => parts.get(key),
  );
}

/** Returns the repository of a context's tree. */
export function ownRepository({ inputs, tree }: Pick<BuildContext, 'inputs' | 'tree'>): OwnRepository {
  return { outDir: inputs.outDir, arch: tree.toolchain.arch, packages: tree.declared.specs };
}
