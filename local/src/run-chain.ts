import type { Log } from '../../src/shared/log.ts';
import { failOnProblems } from '../../src/shared/problems.ts';
import type { Action } from './action-file.ts';
import { makeOwn } from './clean.ts';
import { prepareHost } from './doctor.ts';
import { earlyProblems } from './early.ts';
import { type Places, placeInputs } from './places.ts';
import { runBundle } from './runner.ts';
import type { Screen } from './screen.ts';
import type { Stop } from './stop.ts';
import type { Chain } from './targets.ts';
import { inputsOf } from './variables.ts';

/** All that a target gets. */
export interface Local {
  actions: readonly Action[];
  /** Where azl lies; absolute. */
  checkout: string;
  /** Where the user stands; absolute. */
  workspace: string;
  environment: Readonly<Record<string, string | undefined>>;
  places: Places;
  screen: Screen;
  log: Log;
  /** Draw a live line. */
  live: boolean;
  stop: Stop;
}

/**
 * Runs the actions of a target in their order; each one's outputs are inputs of the same name for those behind it,
 * unless the user set them. Answers the exit code of the first that fails, else 0.
 * @throws ProblemsError for what is wrong before anything starts.
 */
export async function runChain(target: string, chain: Chain, local: Local): Promise<number> {
  const actions = chain.actions.map((name) => {
    const found = local.actions.find((action) => action.name === name);
    if (found === undefined) throw new Error(`make ${target}: actions/${name}/action.yml is not there`);
    return found;
  });
  failOnProblems(earlyProblems(chain, local.environment));
  await prepareHost(local, chain.needs);
  const { places, environment } = local;
  for (const dir of [places.cache, places.build, places.out]) makeOwn(dir);
  const handedOn: Record<string, string> = placeInputs(places);
  for (const action of actions) {
    const ended = await runBundle(action, inputsOf(action, environment, handedOn), {
      buildDir: places.build,
      workspace: local.workspace,
      environment,
      screen: local.screen,
      live: local.live,
      onSignal: local.stop.listen,
    });
    if (local.stop.asked) return 130;
    if (ended.code !== 0) return ended.code;
    Object.assign(handedOn, ended.outputs);
  }
  return 0;
}
