import { dirname, resolve } from 'node:path';
import type { Log } from '../../src/shared/base/log.ts';
import { nearestName } from '../../src/shared/base/nearest-name.ts';
import {
  failOnProblems,
  formatProblem,
  type Problem,
  ProblemsError,
  problem,
} from '../../src/shared/base/problems.ts';
import { killRunningTools } from '../../src/shared/host/process.ts';
import { readActions } from './action-file.ts';
import { bootImage } from './boot-image.ts';
import { clean } from './clean.ts';
import { showDoctor } from './doctor/doctor.ts';
import { folderProblems } from './folders.ts';
import { openShell } from './open-shell.ts';
import { pathsOf } from './paths.ts';
import { type Local, runChain } from './run-chain.ts';
import { createScreen, type Screen } from './screen.ts';
import { signSources } from './sign-sources.ts';
import { watchSignals } from './stop.ts';
import { allTargets, isTarget, type TargetName, targets, works } from './targets.ts';
import { inputProblems } from './validate-inputs.ts';
import { knownVariables, variableProblems, variablesOf } from './variables.ts';

/** Where azl lies: this was started as `<checkout>/cli/dist/index.js`. */
const checkout = resolve(dirname(process.argv[1] ?? ''), '..', '..');

/** The Makefile's other half: `node cli/dist/index.js <target>`; its exit code is that of this process. */
export async function main(): Promise<void> {
  // Builds and images are read by other users, too; what the user's own umask says is no part of them.
  process.umask(0o022);
  const [target = 'help'] = process.argv.slice(2);
  const { stdout, stderr, env } = process;
  const terminal = stdout.isTTY === true;
  const screen = createScreen({
    out: stdout,
    err: stderr,
    color: terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    width: () => (terminal ? stdout.columns || 80 : undefined),
    debug: env['RUNNER_DEBUG'] === '1',
  });
  const stop = watchSignals();
  // Whoever read our output is gone (`make image | head`).
  for (const stream of [stdout, stderr]) stream.on('error', stop.now);
  let code = 1;
  try {
    const local: Local = {
      actions: readActions(`${checkout}/actions`),
      checkout,
      workspace: process.cwd(),
      environment: env,
      places: pathsOf(env, checkout, process.cwd()),
      screen,
      log: screenLog(screen),
      live: terminal && env['TERM'] !== 'dumb',
      stop,
    };
    if (!isTarget(target)) throw noTarget(target);
    failOnProblems([
      ...commandLineProblems(target, local),
      ...folderProblems(local.places, works(target), checkout),
      ...(await inputProblems(target, local)),
    ]);
    code = await start(target, local);
  } catch (error) {
    if (stop.asked) code = 130;
    else for (const text of sentences(error)) screen.say({ kind: 'error', text });
  } finally {
    screen.done();
    killRunningTools();
  }
  process.exit(code);
}

async function start(target: TargetName, local: Local): Promise<number> {
  switch (target) {
    case 'doctor':
      return await showDoctor(local);
    case 'run':
      return await bootImage(local);
    case 'shell':
      return await openShell(local);
    case 'signatures':
      return await signSources(local);
    case 'clean':
    case 'clean-all': {
      const removed = await clean(local.places, target === 'clean-all', local.checkout);
      local.log.info(removed.length === 0 ? 'Nothing to remove.' : `Removed: ${removed.join(' ')}`);
      return 0;
    }
    default:
      return await runChain(target, local);
  }
}

/** Variables that were named on make's command line in vain. They are for all the targets that stand there. */
function commandLineProblems(target: TargetName, { actions, environment }: Local): Problem[] {
  const words = (name: string) => (environment[name] ?? '').split(' ').filter(Boolean);
  const goals = [target, ...words('AZL_GOALS').filter(isTarget)];
  const effective = Object.fromEntries(goals.map((goal) => [goal, variablesOf(targets[goal], actions)]));
  return variableProblems(words('AZL_NAMED'), effective, knownVariables(actions));
}

function noTarget(target: string): ProblemsError {
  const near = nearestName(target, allTargets());
  return problem(`There is no target '${target}'`, {
    hint: near === undefined ? '`make help` lists them.' : `Did you mean 'make ${near}'?`,
  });
}

/** A log for work in this process, drawn as a bundle's is. */
function screenLog(screen: Screen): Log {
  const text = (one: Parameters<Log['warn']>[0]) => (typeof one === 'string' ? one : formatProblem(one));
  return {
    info: (message) => screen.say({ kind: 'text', text: message }),
    warn: (one) => screen.say({ kind: 'warning', text: text(one) }),
    error: (one) => screen.say({ kind: 'error', text: text(one) }),
    group: async (title, body) => {
      screen.say({ kind: 'group', text: title });
      return await body();
    },
    progress: (line) => screen.live(line),
  };
}

function sentences(error: unknown): string[] {
  if (error instanceof ProblemsError) return error.problems.map(formatProblem);
  return [error instanceof Error ? error.message : String(error)];
}
