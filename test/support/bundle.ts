import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseOutputs } from '../../cli/src/outputs.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface BundleRun {
  code: number;
  /** Standard output and error, as they came. */
  said: string;
  outputs: Record<string, string>;
  summary: string;
}

/** Inputs of an action (`build-packages`, `build-packages/plan`, …) by name; the rest take their defaults. */
export type Inputs = Readonly<Record<string, string>>;

/**
 * Starts the committed bundle of an action as the runner would, in `workspace`, and waits for its end.
 * @param starter a command that starts the command which follows it
 */
export async function runBundle(
  action: string,
  inputs: Inputs,
  workspace: string,
  starter: readonly string[] = [],
): Promise<BundleRun> {
  return await startBundle(action, inputs, workspace, starter).ended;
}

/** The same, with the process at hand. It leads a process group of its own. */
export function startBundle(
  action: string,
  inputs: Inputs,
  workspace: string,
  starter: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
) {
  const folder = join(repository, 'actions', action);
  const file = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>;
    runs: { main: string };
  };
  const runner = join(workspace, '.runner');
  mkdirSync(runner, { recursive: true });
  const answers = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH'].map((name) => [
      name,
      join(runner, name),
    ]),
  );
  for (const path of Object.values(answers)) writeFileSync(path, '');
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/root',
    ...answers,
    ...environment,
  };
  env['GITHUB_WORKSPACE'] = workspace;
  env['RUNNER_TEMP'] = runner;
  env['ACTIONS_RUNTIME_TOKEN'] = 'a-token-that-nobody-may-see';
  Object.assign(env, environment);
  for (const [name, { default: value = '' }] of Object.entries(file.inputs)) {
    env[`INPUT_${name.toUpperCase()}`] = inputs[name] ?? String(value);
  }
  const [command, ...args] = [...starter, process.execPath, join(folder, file.runs.main)];
  const child = spawn(command as string, args, {
    cwd: workspace,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  const ended = new Promise<BundleRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        code: code ?? (signal === 'SIGKILL' ? 137 : 130),
        said,
        outputs: parseOutputs(readFileSync(answers['GITHUB_OUTPUT'] as string, 'utf8')),
        summary: readFileSync(answers['GITHUB_STEP_SUMMARY'] as string, 'utf8'),
      });
    });
  });
  return { child, ended };
}
