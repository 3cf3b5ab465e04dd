import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatProblem, problem } from '../base/problems.ts';
import { parseDocument } from '../base/validate.ts';
import { paths } from '../builder/build-context.ts';
import { inputProblem } from '../github/inputs.ts';
import { readUserFile } from '../host/files.ts';
import { NotPlainFileError, readPlainFile } from '../host/plain-files.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { TreeFailure } from '../model/outcome.ts';
import { type PlanJson, planSchema } from '../planner/plan-json.ts';
import type { KnownError } from '../planner/tree-failures.ts';
import { keptForItsRun } from '../shards/transport/exchange.ts';
import { indexFile, readIndex } from '../store/index-lines.ts';
import { joinIndex, type StoreIndex } from '../store/store-index.ts';
import { openExchange } from './open-exchange.ts';

/** The plan in its artifact, which also holds the index of the store. */
export const planFile = 'plan.json';

/** Returns the name of the artifact that holds the plan. */
export function planName(attempt: number): string {
  return `azl-plan-${attempt}`;
}

/** Reads the plan, and joins what it knew of the store into the index. */
export async function readPlan(inputs: TreeInputs, index: StoreIndex, given: string): Promise<PlanJson> {
  if (given === '')
    throw inputProblem(
      'plan',
      '',
      'expected the plan of this run',
      'Give the output plan or plan-json of build-packages/plan.',
    );
  let file = given;
  if (/^azl-plan-\d+$/.test(given)) {
    const exchange = openExchange(inputs);
    const artifact = await exchange.find(given);
    const dir = join(paths.exchange(inputs), 'plan');
    if (artifact === undefined || !(await exchange.fetch(artifact, dir)))
      throw inputProblem('plan', given, 'and this run has no artifact of that name', keptForItsRun);
    file = join(dir, planFile);
  }
  const beside = join(dirname(file), indexFile);
  if (file !== given || existsSync(beside)) joinIndex(index, await readPlannedIndex(beside, given));
  return parseDocument(planSchema, await readPlanFile(file), file);
}

/** Bytes of a plan: that of Azure Linux takes a fiftieth of it. */
const mostBytes = 64e6;

async function readPlanFile(file: string): Promise<string> {
  try {
    return await readPlainFile(file, mostBytes);
  } catch (error) {
    if (error instanceof NotPlainFileError) throw error;
    return await readUserFile(file, 'The plan');
  }
}

async function readPlannedIndex(file: string, plan: string): Promise<StoreIndex> {
  try {
    const { index, errors } = await readIndex(file);
    if (errors.length > 0) throw new Error(errors.join('; '));
    return index;
  } catch (error) {
    const why = (error as Error).message;
    const hint = 'Use one version of the actions in all jobs of a run.';
    throw problem(`With the plan '${plan}' comes no index that this job can use: ${why}`, { hint });
  }
}

/**
 * Returns the packages that the tree alone keeps from being built, as the plan found them: every job of a run agrees.
 * @param known the errors that this job finds
 * @throws ProblemsError when this job finds an error where the plan found none
 */
export function failuresOf(plan: PlanJson, known: readonly KnownError[]): Map<string, TreeFailure> {
  const failures = new Map<string, TreeFailure>();
  for (const { name, isOfTree, state, reason, kind, line, problems, rootCauses } of plan.packages) {
    if (!isOfTree) continue;
    if (state === 'blocked') failures.set(name, { state, reason, rootCauses });
    else if (kind !== null)
      failures.set(name, { state: 'failed', reason, kind, problems, line: line ?? undefined });
  }
  const other = known.find((one) => !failures.has(one.package));
  if (other === undefined) return failures;
  const { hint, ...rest } = other.problem;
  throw problem(`This job finds an error where the plan found none: ${formatProblem(rest)}`, {
    hint: 'Check out the same commit in every job of a run, and give them the same inputs.',
  });
}
