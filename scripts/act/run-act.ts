import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainEnvironment, runTool } from '../../src/shared/host/process.ts';
import { toolPath } from '../tools.ts';
import { jobsAtOnce } from './trees.ts';

/** A run of one workflow by act, in host mode: its jobs run on this machine. */
export interface ActRun {
  /** The repository that holds the workflow: it needs a commit. */
  dir: string;
  /** Relative to `dir`. */
  workflow: string;
  event: string;
  /** The payload of the event, as far as the workflow looks at it. */
  payload?: unknown;
  /** `owner/name@ref` → the folder that is taken for it. */
  repositories: ReadonlyMap<string, string>;
  /** What the jobs find in their environment: the services, `GITHUB_REPOSITORY`, `GITHUB_RUN_ID` … */
  environment: Readonly<Record<string, string>>;
  /** What jobs have as `github.token`. */
  token: string;
  /** A folder for workspaces and all else that act makes. */
  scratch: string;
  /** A JSON object a line instead of text for people. */
  json?: boolean;
  onLine?: (line: string) => void;
  /** Ends act and all that it started. */
  signal?: AbortSignal;
}

/** What a user may have set so that jobs reach the network. */
const network = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** The command line of act. Pure. */
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

/** Runs act to its end. Answers its exit code; its own log goes to `onLine`, line by line. */
export async function runAct(run: ActRun): Promise<number> {
  mkdirSync(join(run.scratch, 'home'), { recursive: true });
  const event = join(run.scratch, 'event.json');
  writeFileSync(event, JSON.stringify(run.payload ?? {}));
  const set = network.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const { code } = await runTool([toolPath('act'), ...actArguments(run, event)], {
    cwd: run.dir,
    env: {
      ...plainEnvironment,
      ...(Object.fromEntries(set) as Record<string, string>),
      HOME: join(run.scratch, 'home'),
      // Jobs inherit it, and act starts the first `node` there, whatever an action.yml says.
      PATH: `${dirname(process.execPath)}:${plainEnvironment['PATH']}`,
    },
    ok: 'any',
    ...(run.onLine === undefined ? {} : { onLine: run.onLine }),
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  return code;
}
