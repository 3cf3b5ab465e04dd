import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import type { Action } from './action-file.ts';
import { commandReader } from './command-line.ts';
import { parseOutputs } from './outputs.ts';
import type { Screen } from './screen.ts';

/** Of the user's environment only this reaches a bundle: how to find tools, the terminal, and the way out. */
const passedOn = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'NO_COLOR', 'RUNNER_DEBUG'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** Files that a bundle writes its answers to, by the variable that names each. */
const answerFiles = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'];

/** The variable of the environment that hands an input over. */
export function inputVariable(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`;
}

/** The environment that a runner would start `entry` with. Pure. */
export function runnerEnvironment(
  inputs: Readonly<Record<string, string>>,
  places: { workspace: string; temp: string; files: string },
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of passedOn) {
    const value = environment[name];
    if (value !== undefined) env[name] = value;
  }
  for (const name of answerFiles) env[name] = join(places.files, name.toLowerCase());
  env['GITHUB_WORKSPACE'] = places.workspace;
  env['RUNNER_TEMP'] = places.temp;
  env['RUNNER_OS'] = 'Linux';
  env['RUNNER_ARCH'] = hostArchitecture.runner;
  for (const [name, value] of Object.entries(inputs)) {
    env[inputVariable(name)] = value;
  }
  return env;
}

export interface RunnerOptions {
  /** Holds the folder that stands for the runner's temporary one; made when absent. */
  buildDir: string;
  workspace: string;
  environment: Readonly<Record<string, string | undefined>>;
  screen: Screen;
  /** Draw a live line: the bundle gets a pipe for it as descriptor 3. */
  live: boolean;
  /** Hands out the signals that the bundle is to get. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
}

/** How an action ended. */
export interface Ended {
  code: number;
  outputs: Record<string, string>;
}

/** What the name of a run's temporary folder begins with; its process follows. */
export const temporary = 'runner-temp-';

/** Removes the temporary folders of runs that are gone, whoever's they were. */
async function sweep(buildDir: string): Promise<void> {
  for (const name of readdirSync(buildDir)) {
    if (!name.startsWith(temporary)) continue;
    try {
      process.kill(Number(name.slice(temporary.length)), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') await removeTree(join(buildDir, name));
    }
  }
}

/**
 * Starts an action's bundle as the runner would, draws what it says, and answers its exit code and outputs.
 * The bundle is in a process group of its own, so that Ctrl-C reaches it once, through `onSignal`.
 */
export async function runBundle(
  action: Action,
  inputs: Readonly<Record<string, string>>,
  options: RunnerOptions,
): Promise<Ended> {
  mkdirSync(options.buildDir, { recursive: true });
  await sweep(options.buildDir);
  const own = resolve(options.buildDir, `${temporary}${process.pid}`);
  const places = { workspace: options.workspace, temp: join(own, 'temp'), files: join(own, 'files') };
  mkdirSync(places.temp, { recursive: true });
  mkdirSync(places.files, { recursive: true });
  try {
    const env = runnerEnvironment(inputs, places, options.environment);
    for (const name of answerFiles) writeFileSync(env[name] as string, '');
    if (options.live) env['AZL_PROGRESS_FD'] = '3';
    const code = await startAndDraw(action, env, options);
    return { code, outputs: parseOutputs(readFileSync(env['GITHUB_OUTPUT'] as string, 'utf8')) };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function startAndDraw(
  action: Action,
  env: Record<string, string>,
  options: RunnerOptions,
): Promise<number> {
  const { screen } = options;
  const child = spawn(process.execPath, [action.entry], {
    cwd: options.workspace,
    env,
    detached: true,
    stdio: options.live ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
  });
  const letGo = options.onSignal((signal) => child.kill(signal));
  const read = commandReader();
  const readers = [
    each(child.stdout as Readable, (line) => screen.say(read(line))),
    each(child.stderr as Readable, (text) => screen.say({ kind: 'text', text })),
    ...(options.live ? [each(child.stdio[3] as Readable, (line) => screen.live(line))] : []),
  ];
  try {
    const code = await new Promise<number>((done, fail) => {
      child.once('error', fail);
      child.once('close', (status, signal) => done(status ?? (signal === 'SIGKILL' ? 137 : 130)));
    });
    await Promise.all(readers);
    return code;
  } finally {
    letGo();
    screen.done();
  }
}

async function each(stream: Readable, use: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) use(line);
}
