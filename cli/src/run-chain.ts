import type { Log } from '../../src/shared/base/log.ts';
import { type Action, actionNamed } from './action-file.ts';
import { prepareHost } from './doctor/doctor.ts';
import { makeFolders } from './folders.ts';
import { type Paths, placeInputs } from './paths.ts';
import { runBundle } from './runner.ts';
import type { Screen } from './screen.ts';
import type { Stop } from './stop.ts';
import { type TargetName, targets } from './targets.ts';
import { inputsOf } from './variables.ts';

/** All that a target gets. */
export interface Local {
  actions: readonly Action[];
  /** Where azl lies; absolute. */
  checkout: string;
  /** Where the user stands; absolute. */
  workspace: string;
  environment: Readonly<Record<string, string | undefined>>;
  places: Paths;
  screen: Screen;
  log: Log;
  /** Draw a live line. */
  live: boolean;
  stop: Stop;
}

/**
 * Runs the actions of a target in their order; each one's outputs are inputs of the same name for those behind it,
 * unless the user set them. Answers the exit code of the first that fails, else 0.
 * @throws ProblemsError for what is wrong with this machine
 */
export async function runChain(target: TargetName, local: Local): Promise<number> {
  const { places, environment, stop } = local;
  const actions = targets[target].actions.map((name) => actionNamed(local.actions, name));
  await prepareHost(target, local);
  makeFolders(places);
  const handedOn: Record<string, string> = placeInputs(places);
  for (const action of actions) {
    if (stop.asked) return 130;
    const ended = await runBundle(action, inputsOf(action, environment, handedOn), {
      buildDir: places.build,
      workspace: local.workspace,
      environment,
      screen: local.screen,
      live: local.live,
      onSignal: stop.listen,
    });
    if (stop.asked) return 130;
    if (ended.code !== 0) return ended.code;
    Object.assign(handedOn, ended.outputs);
  }
  return 0;
}
