import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { callVariable } from '../../src/shared/base/make-command.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import { proxyVariables } from '../../src/shared/host/proxies.ts';
import type { Action } from './action-file.ts';
import type { CliContext } from './context.ts';
import { parseOutputs } from './outputs.ts';
import { commandReader } from './workflow-commands.ts';

/** The variables of the user's environment that a bundle gets: tools, terminal, debugging, network, make. */
const passedVariables = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'NO_COLOR', 'RUNNER_DEBUG'],
  ...proxyVariables,
  callVariable,
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** The variables that name the files a bundle writes its outputs to. */
const commandFiles = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'];

/** Returns the environment that GitHub's runner would start a bundle with. Pure. */
export function runnerEnvironment(
  inputs: Readonly<Record<string, string>>,
  paths: { workspace: string; temp: string; files: string },
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = {
    ...{ GITHUB_WORKSPACE: paths.workspace, RUNNER_TEMP: paths.temp },
    ...{ RUNNER_OS: 'Linux', RUNNER_ARCH: hostArchitecture.runner },
  };
  for (const name of passedVariables) {
    const value = environment[name];
    if (value !== undefined) env[name] = value;
  }
  for (const name of commandFiles) env[name] = join(paths.files, name.toLowerCase());
  for (const [name, value] of Object.entries(inputs))
    env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  return env;
}

/** The prefix of the name of a run's temporary folder. The process id follows. */
export const tempDirPrefix = 'runner-temp-';

/** Removes the temporary folders of runs whose process has ended. */
async function removeStaleTempDirs(buildDir: string): Promise<void> {
  for (const name of readdirSync(buildDir)) {
    if (!name.startsWith(tempDirPrefix)) continue;
    try {
      process.kill(Number(name.slice(tempDirPrefix.length)), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') await removeTree(join(buildDir, name));
    }
  }
}

/**
 * Runs an action's bundle as GitHub's runner would, and shows its output. The bundle has a process group of its own, so
 * that Ctrl-C reaches it only once, through `stop`.
 */
export async function runBundle(
  action: Action,
  inputs: Readonly<Record<string, string>>,
  context: CliContext,
): Promise<{ code: number; outputs: Record<string, string> }> {
  const { workspace, environment, live } = context;
  const buildDir = context.paths.build;
  mkdirSync(buildDir, { recursive: true });
  await removeStaleTempDirs(buildDir);
  const own = resolve(buildDir, `${tempDirPrefix}${process.pid}`);
  const paths = { workspace, temp: join(own, 'temp'), files: join(own, 'files') };
  mkdirSync(paths.temp, { recursive: true });
  mkdirSync(paths.files, { recursive: true });
  try {
    const env = runnerEnvironment(inputs, paths, environment);
    for (const name of commandFiles) writeFileSync(env[name] as string, '');
    if (live) env['AZL_PROGRESS_FD'] = '3';
    const code = await startBundle(action.entry, env, context);
    return { code, outputs: parseOutputs(readFileSync(env['GITHUB_OUTPUT'] as string, 'utf8')) };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Starts the bundle and shows its output. @returns its exit code */
async function startBundle(entry: string, env: Record<string, string>, context: CliContext): Promise<number> {
  const { screen, stop, live } = context;
  const child = spawn(process.execPath, [entry], {
    cwd: context.workspace,
    env,
    detached: true,
    stdio: live ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
  });
  const release = stop.listen((signal) => child.kill(signal));
  const parse = commandReader();
  const readers = [
    forEachLine(child.stdout as Readable, (line) => screen.show(parse(line))),
    forEachLine(child.stderr as Readable, (text) => screen.show({ kind: 'text', text })),
    ...(live ? [forEachLine(child.stdio[3] as Readable, (line) => screen.live(line))] : []),
  ];
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    await Promise.all(readers);
    return code ?? (signal === 'SIGKILL' ? 137 : 130);
  } finally {
    release();
    screen.clear();
  }
}

async function forEachLine(stream: Readable, use: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) use(line);
}
