import { dirname, join, resolve } from 'node:path';
import { setDebugSink, withoutSecrets } from '../../src/shared/base/debug.ts';
import type { Log } from '../../src/shared/base/log.ts';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import { nearestName } from '../../src/shared/base/nearest-name.ts';
import {
  failOnProblems,
  formatProblem,
  type Problem,
  ProblemsError,
  problem,
} from '../../src/shared/base/problems.ts';
import { shellWord } from '../../src/shared/base/shell-word.ts';
import { placeFinder } from '../../src/shared/host/find-places.ts';
import { flushOutput } from '../../src/shared/host/flush-output.ts';
import { killRunningTools } from '../../src/shared/host/process.ts';
import { proxyProblems, unifyProxies } from '../../src/shared/host/proxies.ts';
import { readActions } from './action-file.ts';
import { bootImage } from './boot-image.ts';
import { clean } from './clean.ts';
import type { CliContext } from './context.ts';
import { distributionOf } from './distribution.ts';
import { showDoctor } from './doctor/doctor.ts';
import { folderProblems } from './folders.ts';
import { initRepository } from './init/init.ts';
import { rememberCall } from './make-call.ts';
import { openShell } from './open-shell.ts';
import { answerToTarget } from './other-tools.ts';
import { pathsOf } from './paths.ts';
import { runActions } from './run-actions.ts';
import { createScreen, type Screen } from './screen.ts';
import { watchSignals } from './stop.ts';
import { allTargets, isTarget, type TargetName, targets, usesFolders, usesSpecs } from './targets.ts';
import { checkManifests, checkToolchain, compressToolchain } from './toolchain-targets.ts';
import { inputProblems } from './validate-inputs.ts';
import { givenVariables, isDebug, knownVariables, variableProblems, variablesOf } from './variables.ts';
import { writeSignatures } from './write-signatures.ts';

/** The folder of azl: this process was started as `<checkout>/cli/dist/index.js`. */
const checkout = resolve(dirname(process.argv[1] ?? ''), '..', '..');

/** The local CLI, as the Makefile starts it: `node cli/dist/index.js <target>`. Exits with the target's exit code. */
export async function main(): Promise<void> {
  // Other users read builds and images, too: the user's umask does not count.
  process.umask(0o022);
  const [target = 'help'] = process.argv.slice(2);
  const { stdout, stderr, env } = process;
  const debug = isDebug(env);
  if (debug) env['RUNNER_DEBUG'] = '1';
  const terminal = stdout.isTTY === true;
  const screen = createScreen({
    out: stdout,
    err: stderr,
    color: terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    width: () => (terminal ? stdout.columns || 80 : undefined),
    debug,
  });
  if (debug) setDebugSink((text) => screen.show({ kind: 'debug', text: withoutSecrets(text, []) }));
  const log = screenLog(screen);
  const stop = watchSignals((text) => screen.show({ kind: 'text', text }));
  // The reader of the output is gone (`make image | head`).
  for (const stream of [stdout, stderr]) stream.on('error', stop.request);
  let code = 1;
  try {
    const actions = readActions(`${checkout}/actions`);
    const called = rememberCall(process.cwd(), env, givenVariables(actions, env));
    process.chdir(called.workspace);
    const workspace = process.cwd();
    const context: CliContext = {
      ...{ actions, checkout, workspace, environment: env },
      paths: pathsOf(env, checkout, workspace),
      distribution: distributionOf(target, env, checkout),
      ...{ screen, log, stop, live: terminal && env['TERM'] !== 'dumb' },
    };
    if (!isTarget(target)) throw noTarget(target);
    if (called.isLost) log.warn(lostProblem(checkout));
    failOnProblems([
      ...commandLineProblems(target, context),
      ...(usesFolders(target) ? proxyProblems(env) : []),
      ...folderProblems(context.paths, {
        writes: usesFolders(target),
        checkout,
        specsDirs: context.distribution.specs,
      }),
      ...(await inputProblems(target, context)),
    ]);
    const warnings = unifyProxies(env);
    if (usesFolders(target)) for (const warning of warnings) log.warn(warning);
    if (context.distribution.isExample && usesSpecs(target)) log.info(exampleNote());
    const command = commands[target];
    code = await (command === undefined ? runActions(target, context) : command(context));
  } catch (error) {
    if (stop.requested) code = 130;
    else if (error instanceof ProblemsError) for (const one of error.problems) log.error(one);
    else log.error(error instanceof Error ? error.message : String(error));
  } finally {
    screen.clear();
    killRunningTools();
  }
  await flushOutput();
  process.exit(code);
}

/** Returns the warning that nothing tells in which folder the user stands. */
function lostProblem(checkout: string): Problem {
  return {
    message: `Nothing tells make -C in which folder you stand, so this is done in ${process.cwd()}`,
    hint: `From your own folder, use -f: make -f ${shellWord(join(checkout, 'Makefile'))} …`,
  };
}

function exampleNote(): string {
  return `There is no folder SPECS here: azl's example distribution stands in. Your own begins with: ${makeCommand('init')}`;
}

/** The targets that do not only run actions. */
const commands: Partial<Record<TargetName, (context: CliContext) => Promise<number>>> = {
  doctor: showDoctor,
  init: initRepository,
  run: bootImage,
  shell: openShell,
  signatures: writeSignatures,
  'compress-toolchain': compressToolchain,
  'validate-toolchain': checkToolchain,
  'check-manifests': checkManifests,
  clean: async (context) => await clean(false, context),
  'clean-all': async (context) => await clean(true, context),
};

/** Checks the variables on make's command line. They apply to all targets on it. */
function commandLineProblems(target: TargetName, { actions, environment }: CliContext): Problem[] {
  const wordsOf = (name: string) => (environment[name] ?? '').split(' ').filter(Boolean);
  const goals = [target, ...wordsOf('AZL_GOALS').filter(isTarget)];
  const effective = Object.fromEntries(goals.map((goal) => [goal, variablesOf(targets[goal], actions)]));
  return variableProblems(wordsOf('AZL_NAMED'), effective, knownVariables(actions));
}

function noTarget(target: string): ProblemsError {
  const near = nearestName(target, allTargets());
  const hint =
    answerToTarget(target) ??
    (near === undefined ? `A list: ${makeCommand('help')}` : `Did you mean: ${makeCommand(near)}`);
  return problem(`There is no target '${target}'`, { hint });
}

/** A log for work in this process, shown like that of a bundle. */
function screenLog(screen: Screen): Log {
  const placed = placeFinder();
  return {
    info: (message) => screen.show({ kind: 'text', text: message }),
    warn: (one) => screen.show({ kind: 'warning', text: formatProblem(placed(one)) }),
    error: (one) => screen.show({ kind: 'error', text: formatProblem(placed(one)) }),
    group: async (title, body) => {
      screen.show({ kind: 'group', text: title });
      return await body();
    },
    progress: (line) => screen.live(line),
  };
}
