import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseUserJson } from '../base/json.ts';
import { problem } from '../base/problems.ts';
import { isName } from '../base/untrusted.ts';
import { paths } from '../builder/build-context.ts';
import { inputProblem } from '../github/inputs.ts';
import { readUserFile } from '../host/files.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { keptForItsRun } from '../shards/transport/exchange.ts';
import { indexFile, joinIndex, readIndex, type StoreIndex } from '../store/store-index.ts';
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
  const plan = parseUserJson(await readUserFile(file, 'The plan'), file) as PlanJson;
  const isPlan = plan.schema === 'azl/plan' && plan.version === 1 && Array.isArray(plan.packages);
  if (!isPlan || !arePointers(plan.pointers))
    throw problem('This is no plan of this version of azl', { file });
  return plan;
}

function arePointers(value: unknown): value is PlanJson['pointers'] {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((names) => Array.isArray(names) && names.every(isName));
}

async function readPlannedIndex(file: string, plan: string): Promise<StoreIndex> {
  try {
    const { index, errors } = readIndex(await readFile(file, 'utf8'));
    if (errors.length > 0) throw new Error(errors.join('; '));
    return index;
  } catch (error) {
    const why = (error as Error).message;
    const hint = 'Use one version of the actions in all jobs of a run.';
    throw problem(`With the plan '${plan}' comes no index that this job can use: ${why}`, { hint });
  }
}
