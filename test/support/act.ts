import { runAct } from '../../scripts/act/run-act.ts';
import { commitAll } from '../../scripts/git.ts';
import { fetchArtifact } from '../../src/shared/github/artifacts/fetch.ts';
import type { JobOptions } from '../services/job.ts';
import { tokens } from '../services/rest.ts';
import type { Services } from '../services/server.ts';
import { newWorkspace, removeWorkspace } from './workspace.ts';

/** One line of act's log with `--json`, as far as it is read here. */
interface ActLine {
  time: string;
  msg: string;
  jobID?: string;
  /** Of a reusable workflow's job: with the names of its callers. */
  job?: string;
  matrix?: Record<string, unknown>;
  /** Of a line that is none of a step: what the runner does, as `summary`. */
  command?: string;
  content?: string;
}

/** What one job of a run did. */
export interface ActJob {
  /** Its id in its workflow. */
  id: string;
  matrix: Record<string, unknown>;
  /** Seconds since the epoch of its first line and its last. */
  from: number;
  to: number;
  /** Its lines, without those for the runner. */
  said: string;
  /** What it put on its page. */
  page: string;
}

/** A run of a workflow by act. */
export interface ActEnded {
  code: number;
  jobs: ActJob[];
  /** All of it, for whom a test tells why it failed. */
  said: string;
}

/** The jobs in a log of act, in the order in which they began. Lines that are no JSON belong to none. Pure. */
export function jobsIn(lines: readonly string[]): ActJob[] {
  const jobs = new Map<string, ActJob>();
  for (const line of lines) {
    const said = parsed(line);
    if (said?.jobID === undefined) continue;
    const at = Date.parse(said.time) / 1000;
    const matrix = said.matrix ?? {};
    const key = JSON.stringify([said.job, said.jobID, matrix]);
    const job = jobs.get(key) ?? { id: said.jobID, matrix, from: at, to: at, said: '', page: '' };
    const more =
      said.command === 'summary'
        ? { page: job.page + said.content }
        : { said: job.said + said.msg.replace(/\n?$/, '\n') };
    jobs.set(key, { ...job, to: at, ...more });
  }
  return [...jobs.values()];
}

function parsed(line: string): ActLine | undefined {
  try {
    return JSON.parse(line) as ActLine;
  } catch {
    return undefined;
  }
}

/** The most of these jobs that were at work at one moment. Pure. */
export function mostAtOnce(jobs: readonly Pick<ActJob, 'from' | 'to'>[]): number {
  const at = (moment: number) => jobs.filter(({ from, to }) => from <= moment && moment <= to).length;
  return Math.max(0, ...jobs.map(({ from }) => at(from)));
}

/** Packages that a shard said it built. Pure. */
export function builtBy({ said }: Pick<ActJob, 'said'>): string[] {
  return [...said.matchAll(/^(\S+): built in/gm)].map(([, name]) => name as string);
}

/** The repository of somebody who calls our workflows. Its runs meet in the services: a later one finds what an earlier left. */
export class ActRepository {
  readonly dir: string;
  private readonly repositories: ReadonlyMap<string, string>;
  private readonly services: Services;
  private runs = 0;

  /**
   * @param dir its files
   * @param repositories what workflows name → folder, as `treesForAct` makes them
   */
  constructor(dir: string, repositories: ReadonlyMap<string, string>, services: Services) {
    this.dir = dir;
    this.repositories = repositories;
    this.services = services;
  }

  /** What the services know the last run by. */
  get lastRun(): string {
    return String(1000 + this.runs);
  }

  /** Commits all that is in the folder now, and runs a workflow of it. */
  async run(workflow: string, event = 'workflow_dispatch', options: JobOptions = {}): Promise<ActEnded> {
    await commitAll(this.dir, 'What lies here now', '2025-01-01T00:00:00Z');
    this.runs++;
    const scratch = newWorkspace();
    const lines: string[] = [];
    try {
      const code = await runAct({
        ...{ dir: this.dir, workflow: `.github/workflows/${workflow}`, event, scratch },
        repositories: this.repositories,
        environment: {
          ...this.services.environment(this.lastRun, 'act', options),
          GITHUB_EVENT_NAME: event,
          GITHUB_REPOSITORY: 'somebody/distro',
          GITHUB_RUN_ID: this.lastRun,
          GITHUB_RUN_NUMBER: String(this.runs),
        },
        token: tokens.write,
        json: true,
        onLine: (line) => lines.push(line),
      });
      return { code, jobs: jobsIn(lines), said: lines.join('\n') };
    } finally {
      await removeWorkspace(scratch);
    }
  }

  /** Puts the files of an artifact of the last run below `dir`, a new folder. */
  async fetch(artifact: string, dir: string): Promise<void> {
    const before = { ...process.env };
    Object.assign(process.env, this.services.environment(this.lastRun, 'test'));
    try {
      if (!(await fetchArtifact(artifact, dir))) throw new Error(`there is no artifact '${artifact}'`);
    } finally {
      process.env = before;
    }
  }
}
