import type { ActionContext } from '../../../src/shared/github/action.ts';
import { needs } from '../../../src/shared/host/packages.ts';
import type { Outcome } from '../../../src/shared/plan/state.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** What every entry needs of its host. */
export const building = [...needs.toolchain, ...needs.packages];

/**
 * Runs `body` with the tree of these inputs opened.
 * @param plans whether this job finds out what the store has
 */
export async function using(
  context: ActionContext,
  inputs: Parameters<typeof openWorkshop>[0],
  plans: boolean,
  body: (workshop: Workshop) => Promise<void>,
): Promise<void> {
  const workshop = await openWorkshop(inputs, context, plans);
  try {
    await body(workshop);
  } finally {
    await workshop.close();
  }
}
/** Tells later runs what this one has, also where something of it failed. */
export async function rememberResults(
  workshop: Workshop,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<void> {
  await workshop.remember([...outcomes.values()].flatMap((one) => ('result' in one ? [one.result] : [])));
}
