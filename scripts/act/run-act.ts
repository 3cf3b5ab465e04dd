import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainEnvironment, runTool } from '../../src/shared/host/process.ts';
import { proxyVariables } from '../../src/shared/host/proxies.ts';
import { toolPath } from '../tools.ts';
import { jobsAtOnce } from './trees.ts';

/** A run of one workflow by act in host mode: its jobs run on this machine. */
export interface ActRun {
  /** The repository of the workflow. It must have a commit. */
  dir: string;
  /** Relative to `dir`. */
  workflow: string;
  event: string;
  /** The payload of the event, as far as the workflow reads it. */
  payload?: unknown;
  /** `owner/name@ref` → the folder that replaces it. */
  repositories: ReadonlyMap<string, string>;
  /** The environment of the jobs: the services, `GITHUB_REPOSITORY`, `GITHUB_RUN_ID` … */
  environment: Readonly<Record<string, string>>;
  /** The value of `github.token`. */
  token: string;
  /** The folder for workspaces and all other files of act. */
  scratch: string;
  /** True for one JSON object per line instead of text for people. */
  json?: boolean;
  onLine?: (line: string) => void;
  /** Ends act and its processes. */
  signal?: AbortSignal;
}

/** Returns the command line of act. Pure. */
export function actArguments(run: ActRun, event: string): string[] {
  const pairs = (flag: string, entries: Iterable<readonly [string, string]>) =>
    [...entries].flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    run.event,
    ...['--workflows', run.workflow, '--eventpath', event],
    ...['--platform', 'ubuntu-24.04=-self-hosted', '--concurrent-jobs', String(jobsAtOnce)],
    ...['--no-cache-server', '--action-cache-path', join(run.scratch, 'cache')],
    ...(run.json ? ['--json'] : []),
    ...['--secret', `GITHUB_TOKEN=${run.token}`],
    ...pairs('--local-repository', run.repositories),
    ...pairs('--env', Object.entries(run.environment)),
  ];
}

/** Runs act, and passes its log to `onLine`, line by line. @returns act's exit code */
export async function runAct(run: ActRun): Promise<number> {
  mkdirSync(join(run.scratch, 'home'), { recursive: true });
  const event = join(run.scratch, 'event.json');
  writeFileSync(event, JSON.stringify(run.payload ?? {}));
  // Jobs need them to reach the network.
  const set = proxyVariables.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  const { code } = await runTool([toolPath('act'), ...actArguments(run, event)], {
    cwd: run.dir,
    env: {
      ...plainEnvironment,
      ...(Object.fromEntries(set) as Record<string, string>),
      HOME: join(run.scratch, 'home'),
      // Jobs inherit PATH, and act uses its first `node` for every action, whatever the action.yml says.
      PATH: `${dirname(process.execPath)}:${plainEnvironment['PATH']}`,
    },
    ok: 'any',
    ...(run.onLine === undefined ? {} : { onLine: run.onLine }),
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  return code;
}
