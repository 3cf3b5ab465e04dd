import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobOptions } from '../services/job.ts';
import type { Services } from '../services/server.ts';
import { type BundleRun, type Inputs, startBundle } from './bundle.ts';
import { littleSpace } from './little-space.ts';

/** Times in which a made-up package is long. */
const hasty: Inputs = {
  'poll-interval': '1',
  'heartbeat-interval': '2',
  'claim-lease': '6',
  'batch-delay': '2',
};

/** The environment of a job whose clock is so many seconds ahead. */
function wrongClock(ahead: number): Record<string, string> {
  const clock = fileURLToPath(new URL('clock.ts', import.meta.url));
  return { NODE_OPTIONS: `--import=${clock}`, AZL_TEST_CLOCK: String(ahead) };
}

/**
 * A run shared by several jobs, each in a folder of its own as on a runner of its own: `dir` holds the tree (`SPECS` …),
 * `dir/jobs/<name>` what each job sees and makes, `dir/exchange` what they exchange.
 */
export class SharedRun {
  readonly dir: string;
  private readonly inputs: Inputs;
  private readonly services: Services | undefined;
  private readonly cache: (JobOptions & { event?: string }) | undefined;
  private readonly variables: Readonly<Record<string, string>>;
  /** What the services know its attempts by. */
  private readonly attempts: string[];
  private planned = 1;

  /**
   * @param services their artifacts are the exchange; none: a folder is
   * @param cache what the jobs may do with their cache; none: they have none
   * @param variables further ones of the environment of each job
   */
  constructor(
    dir: string,
    inputs: Inputs,
    services?: Services,
    cache?: JobOptions & { event?: string },
    variables: Readonly<Record<string, string>> = {},
  ) {
    this.dir = dir;
    this.inputs = { ...hasty, ...inputs };
    this.services = services;
    this.cache = cache;
    this.variables = variables;
    this.attempts = [this.run];
  }

  /** What the services know the run by. */
  get run(): string {
    return basename(this.dir);
  }

  /** Begins the next attempt: jobs are told its number. What runs again decides what they see of artifacts. */
  runAgain(which: 'failed' | 'all'): void {
    const last = this.attempts.at(-1) as string;
    this.attempts.push(this.services?.artifacts.runAgain(last, which) ?? last);
  }

  /** The environment of a job. */
  private environment(job: string, attempt: number): Record<string, string> {
    while (this.attempts.length < attempt) this.runAgain('failed');
    const environment = {
      GITHUB_RUN_ATTEMPT: String(attempt),
      GITHUB_RUN_ID: this.run,
      GITHUB_EVENT_PATH: this.event(),
      ...this.services?.environment(this.attempts[attempt - 1] as string, job, this.cache),
      ...this.variables,
    };
    if (this.cache === undefined) return { ...environment, ACTIONS_CACHE_SERVICE_V2: '' };
    return this.cache.event === undefined
      ? environment
      : { ...environment, GITHUB_EVENT_NAME: this.cache.event };
  }

  /** What started the run, as far as jobs ask. */
  private event(): string {
    const path = join(this.dir, 'event.json');
    writeFileSync(path, JSON.stringify({ repository: { default_branch: 'main' } }));
    return path;
  }

  /** The folder of a job, with the tree as it is now. */
  private job(name: string): string {
    const job = join(this.dir, 'jobs', name);
    mkdirSync(job, { recursive: true });
    for (const part of ['SPECS', 'imageconfigs', 'debian-sources.json', 'build/cache/sources']) {
      if (existsSync(join(this.dir, part)))
        cpSync(join(this.dir, part), join(job, part), { recursive: true });
    }
    return job;
  }

  async plan(shards: number, more: Inputs = {}, attempt = 1): Promise<BundleRun> {
    this.planned = attempt;
    const inputs = { ...this.treeInputs(), 'max-shards': String(shards), 'out-dir': 'plan', ...more };
    const environment = this.environment('plan', attempt);
    return await startBundle('build-packages/plan', inputs, this.dir, [], environment).ended;
  }

  /**
   * Starts a shard; it leads a process group of its own.
   * @param megabytes so much space has its build folder
   * @param ahead seconds that its clock is ahead of all others
   */
  shard(id: number, attempt = 1, inputs: Inputs = {}, megabytes?: number, ahead = 0) {
    const mine = { ...this.shared(), shard: String(id), ...inputs };
    const name = `shard-${attempt}-${id}`;
    const dir = this.job(name);
    mkdirSync(join(dir, 'build'), { recursive: true });
    const starter = megabytes === undefined ? [] : littleSpace(join(dir, 'build'), megabytes);
    const environment = { ...this.environment(name, attempt), ...(ahead === 0 ? {} : wrongClock(ahead)) };
    return startBundle('build-packages', mine, dir, starter, environment);
  }

  /** `megabytes`: so much space has its build folder. */
  async merge(attempt = 1, inputs: Inputs = {}, megabytes?: number): Promise<BundleRun> {
    const dir = this.merged(attempt);
    mkdirSync(join(dir, 'build'), { recursive: true });
    const starter = megabytes === undefined ? [] : littleSpace(join(dir, 'build'), megabytes);
    const environment = this.environment(`merge-${attempt}`, attempt);
    const mine = { ...this.shared(), ...inputs };
    return await startBundle('build-packages/merge', mine, dir, starter, environment).ended;
  }

  /** The folder that holds `out` of the merge. */
  merged(attempt = 1): string {
    return this.job(`merge-${attempt}`);
  }

  /** Plan, shards at once, merge: everything that a run without trouble does. */
  async whole(shards: number): Promise<{ plan: BundleRun; shards: BundleRun[]; merge: BundleRun }> {
    const plan = await this.plan(shards);
    const started = Array.from({ length: shards }, (_, at) => this.shard(at + 1).ended);
    return { plan, shards: await Promise.all(started), merge: await this.merge() };
  }

  private treeInputs(): Inputs {
    const { 'toolchain-dir': toolchain = '', 'package-build-list': names = '', token = '' } = this.inputs;
    return { 'toolchain-dir': toolchain, 'package-build-list': names, token };
  }

  private shared(): Inputs {
    return {
      ...this.inputs,
      ...(this.services === undefined
        ? { plan: join(this.dir, 'plan/plan.json'), 'exchange-dir': join(this.dir, 'exchange') }
        : { plan: `azl-plan-${this.planned}` }),
    };
  }
}
