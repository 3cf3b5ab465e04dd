import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { problem } from '../../base/problems.ts';
import { linear, type RetryPolicy, retry } from '../../base/retry.ts';
import { paths } from '../../builder/paths.ts';
import {
  type Heartbeat,
  heartbeatFile,
  type PackageReport,
  readHeartbeat,
  reportsByServiceClock,
} from '../protocol/heartbeat.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import { parseName } from '../protocol/names.ts';
import type { Exchange } from '../transport/exchange.ts';
import type { RunState } from './run-state.ts';

/** If heartbeats cannot be read in these attempts, the job fails: it does not decide without them. */
const readPolicy: RetryPolicy = { attempts: 5, delay: linear(2) };

/** A heartbeat was replaced by a newer one before it was read. */
class HeartbeatGoneError extends Error {}

/** Number of further listings before packages count as left. */
const moreListings = 3;

/** Reads the heartbeats of the other jobs of a run into its state. */
export class HeartbeatReader {
  private readonly state: RunState;
  private readonly exchange: Exchange;
  private readonly attempt: number;
  private reads = 0;

  constructor(state: RunState, exchange: Exchange, attempt: number) {
    this.state = state;
    this.exchange = exchange;
    this.attempt = attempt;
  }

  /**
   * Reads one heartbeat. One of invalid content counts as read, with a warning.
   * @returns false when it is gone
   * @throws Error when it cannot be fetched
   */
  async read(artifact: ArtifactInfo): Promise<boolean> {
    const { inputs } = this.state.context;
    const dir = join(paths.exchange(inputs), `heartbeat-${this.reads++}`);
    try {
      if (!(await this.exchange.fetch(artifact, dir))) return false;
      this.note(artifact, await readFile(join(dir, heartbeatFile), 'utf8').catch(() => ''));
      return true;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  private note({ name, createdAt }: ArtifactInfo, text: string): void {
    let heartbeat: Heartbeat;
    try {
      heartbeat = readHeartbeat(text);
    } catch (error) {
      this.warn(`The artifact '${name}' is left out: ${(error as Error).message}`);
      return;
    }
    const isOfThisAttempt = parseName(name)?.attempt === this.attempt;
    for (const report of reportsByServiceClock(heartbeat, createdAt)) {
      // A later attempt builds again what failed in an earlier one.
      if (report.state === 'built' || isOfThisAttempt) this.state.noteOthersReport(report);
    }
    for (const { package: one, seconds } of heartbeat.ranOut ?? []) this.state.noteRanOut(one, seconds);
  }

  /**
   * Reads the newest heartbeat of each shard of this attempt and of earlier ones, and brings the state up to date.
   * @throws ProblemsError when one of them cannot be read: without it, its packages would look as if they were not built
   */
  async readAll(): Promise<void> {
    const { signal } = this.state.context;
    const onRetry = (error: Error) => {
      if (!(error instanceof HeartbeatGoneError)) this.warn(`${error.message}. Tried again.`);
    };
    await retry({ ...readPolicy, onRetry, signal }, () => this.readNewest()).catch((error: Error) => {
      signal.throwIfAborted();
      throw problem(`A heartbeat of this run cannot be read: ${error.message}`, {
        hint: 'Run the failed jobs again: what was built is kept.',
      });
    });
    await this.state.resolve();
  }

  /**
   * Reads the heartbeats a few more times as long as packages seem to be left: a listing may be incomplete, and the next
   * one may show what it lacks. What was read stays known.
   * @param pollInterval seconds between two listings
   * @throws ProblemsError as {@link HeartbeatReader.readAll}
   */
  async readAgain(pollInterval: number): Promise<void> {
    const { log, signal } = this.state.context;
    for (let listing = 1; listing <= moreListings && this.state.left().length > 0; listing++) {
      if (listing === 1)
        log.info(
          `Packages without a result: ${this.state.left().length}. Perhaps only the listing lacks it: looking again.`,
        );
      await wait(pollInterval * 1000, undefined, { signal });
      await this.readAll();
    }
  }

  /** Returns a result with the artifact that holds it now, by the newest heartbeat of the shard that published it. */
  async findAgain(report: PackageReport): Promise<PackageReport | undefined> {
    const heartbeats = (await this.exchange.list()).filter(({ name }) => {
      const parsed = parseName(name);
      return parsed?.kind === 'heartbeat' && parsed.shard === report.shard;
    });
    for (const one of heartbeats.sort((a, b) => a.id - b.id)) await this.read(one);
    return report.key === null ? undefined : this.state.known.results.get(report.key);
  }

  /** Reads the newest heartbeat of each shard. @throws HeartbeatGoneError when one of them is gone */
  private async readNewest(): Promise<void> {
    const newest = new Map<string, ArtifactInfo>();
    for (const artifact of (await this.exchange.list()).sort((a, b) => a.id - b.id)) {
      const parsed = parseName(artifact.name);
      if (parsed?.kind === 'heartbeat') newest.set(`${parsed.attempt} ${parsed.shard}`, artifact);
    }
    const read = [];
    for (const artifact of newest.values()) read.push(await this.read(artifact));
    if (read.includes(false)) throw new HeartbeatGoneError('it was replaced each time');
  }

  private warn(message: string): void {
    this.state.context.log.warn(message);
  }
}
