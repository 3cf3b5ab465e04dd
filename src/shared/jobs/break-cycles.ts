import { hostArchitecture } from '../base/architectures.ts';
import { counted } from '../base/counted.ts';
import { order } from '../base/order.ts';
import type { ActionContext } from '../github/action.ts';
import { findInToolchain } from '../graph/toolchain-index.ts';
import type { TreeInputs } from '../model/inputs.ts';
import { areStandIns } from '../model/toolchain.ts';
import { cycleBreakers, findTangles, requiredOf } from '../planner/cycle-breakers.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import type { Requirement } from '../rpm/requirement.ts';
import { findLayout } from '../specs/layout.ts';
import { addStandIns, type GrownTree } from './stand-ins.ts';

/**
 * Chooses the packages that break the cycles of Azure Linux's tree, unless an input names them. Its own toolchain leaves no
 * cycle: only stand-ins do.
 * @param plan the plan of the run, which has chosen already
 */
export async function breakCycles(
  grown: GrownTree,
  inputs: Pick<TreeInputs, 'breakCycles' | 'specsDir' | 'cacheDir'>,
  plan: PlanJson | undefined,
  action: ActionContext,
): Promise<GrownTree> {
  if (plan !== undefined) return withBreakers(grown, plan.breakCycles);
  const { toolchain } = grown.tree;
  if (inputs.breakCycles.length > 0 || !areStandIns(toolchain)) return grown;
  if (findLayout(inputs.specsDir, hostArchitecture.rpm) === undefined) return grown;
  const tangles = findTangles(grown.tree.declared);
  if (tangles.length === 0) return grown;
  const isThere = (wanted: Requirement) => findInToolchain(grown.tree.declared.toolchain, wanted).length > 0;
  const lacking = tangles
    .flatMap((tangle) => [...requiredOf(grown.tree.declared, tangle).values()])
    .flatMap((wanted) => [...wanted].filter((one) => !isThere(one)));
  const added = await addStandIns(grown, lacking, action, inputs.cacheDir);
  const breakers = cycleBreakers(added.tree.declared, tangles);
  const packages = tangles.reduce((sum, { size }) => sum + size, 0);
  action.log.info(
    `${counted(packages, 'package')} need each other. What these need takes them from stand-ins: ${breakers.join(' ')} (break-cycles)`,
  );
  return withBreakers(added, breakers);
}

function withBreakers({ tree, found }: GrownTree, names: readonly string[]): GrownTree {
  const { declared } = tree;
  const breakers = new Set([...declared.policy.breakCycles, ...names].sort(order));
  if (breakers.size === declared.policy.breakCycles.size) return { tree, found };
  const policy = { ...declared.policy, breakCycles: breakers };
  return { tree: { ...tree, declared: { ...declared, policy } }, found };
}
