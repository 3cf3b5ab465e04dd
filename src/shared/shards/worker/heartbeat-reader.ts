import { setTimeout as wait } from 'node:timers/promises';
import { problem } from '../../base/problems.ts';
import { linear, type RetryPolicy, retry } from '../../base/retry.ts';
import type { SharedAnswers } from '../../solver/saved-answers.ts';
import {
  type Heartbeat,
  heartbeatFile,
  type PackageReport,
  readHeartbeat,
  reportsByServiceClock,
} from '../protocol/heartbeat.ts';
import type { ArtifactInfo, ListedHeartbeat } from '../protocol/listing.ts';
import { parseName } from '../protocol/names.ts';
import { readAnswers } from '../protocol/shared-answers.ts';
import { type Exchange, fetchText } from '../transport/exchange.ts';
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
  private readonly answers: Pick<SharedAnswers, 'has' | 'add'>;

  constructor(
    state: RunState,
    exchange: Exchange,
    attempt: number,
    answers: Pick<SharedAnswers, 'has' | 'add'>,
  ) {
    this.state = state;
    this.exchange = exchange;
    this.attempt = attempt;
    this.answers = answers;
  }

  /**
   * Reads one heartbeat. One of invalid content counts as read, with a warning.
   * @returns false when it is gone
   * @throws Error when it cannot be fetched
   */
  async read(artifact: ArtifactInfo): Promise<boolean> {
    const text = await fetchText(this.exchange, artifact, this.state.context.inputs, heartbeatFile);
    if (text !== undefined) this.note(artifact, text);
    return text !== undefined;
  }

  private note({ name, createdAt }: ArtifactInfo, text: string): void {
    const from = parseName(name);
    if (from?.kind !== 'heartbeat') return;
    let heartbeat: Heartbeat;
    try {
      heartbeat = readHeartbeat(text, from);
    } catch (error) {
      this.state.context.log.warn(`The artifact '${name}' is left out: ${(error as Error).message}`);
      return;
    }
    const { worker } = this.state.context.tree.toolchain;
    this.answers.add(readAnswers(heartbeat.answers ?? [], worker, (question) => this.answers.has(question)));
    for (const run of heartbeat.generated ?? []) this.state.noteGenerated(run);
    const isOfThisAttempt = from.attempt === this.attempt;
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
    const { signal, log } = this.state.context;
    const onRetry = (error: Error) => {
      if (!(error instanceof HeartbeatGoneError)) log.warn(`${error.message}. Tried again.`);
    };
    await retry({ ...readPolicy, onRetry, signal }, async () => {
      const all = await this.list();
      const newest = new Map(all.map((one) => [`${one.attempt} ${one.shard}`, one.artifact]));
      let isGone = false;
      for (const artifact of newest.values()) isGone = !(await this.read(artifact)) || isGone;
      if (isGone) throw new HeartbeatGoneError('it was replaced each time');
    }).catch((error: Error) => {
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
    const left = this.state.left().length;
    if (left > 0)
      log.info(`Packages without a result: ${left}. Perhaps only the listing lacks it: looking again.`);
    for (let listing = 1; listing <= moreListings && this.state.left().length > 0; listing++) {
      await wait(pollInterval * 1000, undefined, { signal });
      await this.readAll();
    }
  }

  /** Returns a result with the artifact that holds it now, by the newest heartbeat of the shard that published it. */
  async findAgain(report: PackageReport): Promise<PackageReport | undefined> {
    for (const { shard, artifact } of await this.list())
      if (shard === report.shard) await this.read(artifact);
    return report.key === null ? undefined : this.state.known.results.get(report.key);
  }

  /** Returns the listed heartbeats of all attempts, oldest first. */
  private async list(): Promise<ListedHeartbeat[]> {
    const heartbeats = (await this.exchange.list()).flatMap((artifact) => {
      const parsed = parseName(artifact.name);
      return parsed?.kind === 'heartbeat' ? [{ ...parsed, artifact }] : [];
    });
    return heartbeats.sort((a, b) => a.artifact.id - b.artifact.id);
  }
}
