import type { BuildContext } from '../builder/build-context.ts';
import type { ActionContext } from '../github/action.ts';
import { needs } from '../host/packages.ts';
import type { Outcome } from '../model/outcome.ts';
import { openBuildContext } from './open-build-context.ts';
import type { Role } from './open-store.ts';

/** What every entry needs of its host. */
export const building = [...needs.toolchain, ...needs.packages];

/** Returns what `body` returns, which runs with the tree of these inputs opened. */
export async function withBuildContext<T>(
  context: ActionContext,
  inputs: Parameters<typeof openBuildContext>[0],
  role: Role,
  body: (workshop: BuildContext) => Promise<T>,
): Promise<T> {
  const workshop = await openBuildContext(inputs, context, role);
  try {
    return await body(workshop);
  } finally {
    await workshop.close();
  }
}

/** Tells later runs what this one has, also where something of it failed. */
export async function rememberResults(
  workshop: BuildContext,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  const had = [...outcomes.values()].flatMap((one) => ('result' in one ? [one] : []));
  const kept = new Map(had.map((one) => [one.result.key, one.kept]));
  await workshop.remember(
    had.map(({ result }) => result),
    (key) => kept.get(key),
  );
}
