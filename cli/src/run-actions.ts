import { actionNamed } from './action-file.ts';
import type { CliContext } from './context.ts';
import { pathInputs } from './distribution.ts';
import { prepareHost } from './doctor/doctor.ts';
import { makeFolders } from './folders.ts';
import { runBundle } from './runner.ts';
import { type TargetName, targets } from './targets.ts';
import { inputsOf } from './variables.ts';

/**
 * Runs the actions of a target in order. The outputs of an action become the inputs of the same name of later actions,
 * unless the user set them.
 * @returns the exit code of the first action that fails, else 0
 * @throws ProblemsError if the machine lacks something
 */
export async function runActions(target: TargetName, context: CliContext): Promise<number> {
  const { paths, distribution, environment, stop } = context;
  const actions = targets[target].actions.map((name) => actionNamed(context.actions, name));
  await prepareHost(target, context);
  makeFolders(paths);
  const outputs: Record<string, string> = pathInputs(paths, distribution);
  for (const action of actions) {
    if (stop.requested) return 130;
    const ended = await runBundle(action, inputsOf(action, environment, outputs), context);
    if (stop.requested) return 130;
    if (ended.code !== 0) return ended.code;
    Object.assign(outputs, ended.outputs);
  }
  return 0;
}
