import type { Log } from '../../src/shared/base/log.ts';
import type { Action } from './action-file.ts';
import type { Distribution } from './distribution.ts';
import type { Paths } from './paths.ts';
import type { Screen } from './screen.ts';
import type { Stop } from './stop.ts';

/** The surroundings of a target: folders, variables, output. */
export interface CliContext {
  /** All actions of the checkout. */
  actions: readonly Action[];
  /** The folder of azl; absolute. */
  checkout: string;
  /** The folder in which the user stands, which is the current folder; absolute. */
  workspace: string;
  environment: Readonly<Record<string, string | undefined>>;
  paths: Paths;
  distribution: Distribution;
  screen: Screen;
  log: Log;
  /** True where the screen draws a live line of progress. */
  live: boolean;
  stop: Stop;
}
