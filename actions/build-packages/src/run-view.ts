import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { aliveFile, readAlive, type Told } from '../../../src/shared/exchange/alive.ts';
import type { Exchange } from '../../../src/shared/exchange/exchange.ts';
import { exchangedStore } from '../../../src/shared/exchange/exchanged-store.ts';
import { failureOf, type Known, newKnown, note } from '../../../src/shared/exchange/known.ts';
import { makeGraph } from '../../../src/shared/graph/graph.ts';
import { statedNeeds } from '../../../src/shared/graph/stated.ts';
import {
  type EngineOptions,
  fail,
  newProgress,
  type Progress,
  settleAll,
} from '../../../src/shared/plan/engine.ts';
import type { Outcome } from '../../../src/shared/plan/state.ts';
import { progressLine } from '../../../src/shared/report/progress.ts';
import { shardsThatHelp, type Task } from '../../../src/shared/schedule/forecast.ts';
import type { Item } from '../../../src/shared/schedule/listing.ts';
import { parseName } from '../../../src/shared/schedule/names.ts';
import type { Candidate } from '../../../src/shared/schedule/next-step.ts';
import { byPriority, unknownSeconds } from '../../../src/shared/schedule/priority.ts';
import { DamagedResult } from '../../../src/shared/store/store.ts';
import { places, type Workshop } from './workshop.ts';

/** What one job knows of a run that several share: the plan's engine, fed with what all of them tell. */
export class RunView {
  readonly known: Known = newKnown();
  progress: Progress;
  readonly options: EngineOptions;
  /** The workshop, with a store that has what other jobs published. */
  readonly workshop: Workshop;
  private readonly exchange: Exchange;
  private readonly attempt: number;
  private changed = true;
  private reads = 0;

  constructor(workshop: Workshop, exchange: Exchange, attempt: number) {
    this.exchange = exchange;
    this.attempt = attempt;
    const { tree, priority, rebuild, context, inputs } = workshop;
    const temp = places.exchange(inputs);
    const store = exchangedStore(workshop.store, this.known, exchange, temp, (told) => this.refresh(told));
    this.workshop = { ...workshop, store };
    const warn = (message: string) => context.log.warn(message);
    const isOfThisRun = (key: string) => this.known.results.has(key);
    this.options = { tree, store, priority, rebuild, warn, isOfThisRun };
    this.progress = newProgress(workshop.names);
  }

  /** Settles what can be settled with what is known, unless nothing is new. */
  async settle(busy: ReadonlySet<string>): Promise<void> {
    while (this.changed) {
      this.changed = false;
      await settleAll(this.options, this.progress, busy);
      for (const [name, { keyed }] of this.progress.ready) {
        const failure = failureOf(this.known, name, keyed.key);
        if (failure === undefined) continue;
        this.progress.ready.delete(name);
        const { reason, seconds } = failure;
        fail(this.options, this.progress, name, { state: 'failed', reason, seconds, key: keyed.key });
        this.changed = true;
      }
    }
  }

  /** Takes a package from those that are ready, unless that is under another key by now. */
  takeReady(name: string, key: string): boolean {
    const { ready } = this.progress;
    return ready.get(name)?.keyed.key === key && ready.delete(name);
  }

  /** Something ended here: what waited for it may be settled. */
  touch(): void {
    this.changed = true;
  }

  /** A result that others were built on does not count any more: all is derived again, from what does. */
  startOver(): void {
    const { tree } = this.options;
    tree.graph = makeGraph(tree.specs, tree.toolchain);
    this.progress = newProgress(this.workshop.names);
    this.changed = true;
  }

  /** Reads a sign of life. Answers whether it was there; one that makes no sense is said and counts as read. */
  async read(item: Item): Promise<boolean> {
    const dir = join(places.exchange(this.workshop.inputs), `sign-${this.reads++}`);
    try {
      if (!(await this.exchange.fetch(item, dir))) return false;
      const said = parseName(item.name);
      for (const told of readAlive(await readFile(join(dir, aliveFile), 'utf8')).told) {
        if (told.state === 'failed' && said?.attempt !== this.attempt) continue;
        const news = note(this.known, told);
        if (news === 'other') this.startOver();
        if (news !== 'old') this.adopt(told);
      }
    } catch (error) {
      this.workshop.context.log.warn(`The artifact '${item.name}' is left out: ${(error as Error).message}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    return true;
  }

  /** Reads all that the shards of this attempt and of earlier ones tell, and settles what follows. */
  async readAll(): Promise<void> {
    const newest = new Map<string, Item>();
    for (const item of (await this.exchange.list()).sort((a, b) => a.id - b.id)) {
      const said = parseName(item.name);
      if (said?.kind === 'alive') newest.set(`${said.attempt} ${said.shard}`, item);
    }
    for (const item of newest.values()) await this.read(item);
    await this.settle(new Set());
  }

  /** Fetches the bytes of every result. What cannot be had, and what was built on it, does not count any more. */
  async openAll(): Promise<void> {
    for (let whole = false; !whole; ) {
      whole = true;
      for (const outcome of this.progress.outcomes.values()) {
        if (!('result' in outcome)) continue;
        try {
          await this.options.store.open(outcome.result);
        } catch (error) {
          if (!(error instanceof DamagedResult)) throw error;
          this.options.warn(`${error.message}. It does not count.`);
          await this.options.store.drop(error.key);
          whole = false;
        }
      }
      if (!whole) {
        this.startOver();
        await this.readAll();
      }
    }
  }

  /** How each package ended in this run, whichever job built it. */
  outcomes(): Map<string, Outcome> {
    const { names, outcomes } = this.progress;
    return new Map(
      [...names].map((name): [string, Outcome] => {
        const outcome = outcomes.get(name);
        if (outcome === undefined) return [name, { state: 'left', reason: 'no shard came to it' }];
        const told = 'result' in outcome ? this.known.results.get(outcome.result.key) : undefined;
        return told === undefined || !('result' in outcome)
          ? [name, outcome]
          : [name, { state: 'built', reason: told.reason, result: outcome.result }];
      }),
    );
  }

  /** The decisive lines of what failed in other jobs, by package. */
  failureLines(): Map<string, readonly string[]> {
    return new Map([...this.known.failures.values()].map((told) => [told.package, told.lines]));
  }

  /** Removes what the jobs exchanged. */
  async cleanUp(): Promise<void> {
    for (const { name } of await this.exchange.list()) {
      if (parseName(name) !== undefined) await this.exchange.remove(name);
    }
  }

  /** A package that was about to be built may have its result now: it is settled again. */
  private adopt(told: Told): void {
    this.progress.ready.delete(told.package);
    this.changed = true;
  }

  /** Where a result is now, by the newest sign of the shard that published it. */
  private async refresh(told: Told): Promise<Told | undefined> {
    const signs = (await this.exchange.list()).filter(({ name }) => {
      const said = parseName(name);
      return said?.kind === 'alive' && said.shard === told.shard;
    });
    for (const item of signs.sort((a, b) => a.id - b.id)) {
      await this.read(item);
    }
    return told.key === null ? undefined : this.known.results.get(told.key);
  }

  /** Packages that can be built, highest priority first. */
  candidates(): Candidate[] {
    const { ready } = this.progress;
    return byPriority([...ready.keys()], this.options.priority).map((name) => ({
      package: name,
      seconds: this.expected(name),
      needs: ready.get(name)?.keyed.packages ?? [],
    }));
  }

  /** Packages without an outcome. */
  left(): string[] {
    return [...this.progress.names].filter((name) => !this.progress.outcomes.has(name));
  }

  expected(name: string): number {
    return this.workshop.seconds.get(name) ?? unknownSeconds;
  }

  /** How many shards can still help. */
  helping(most: number): number {
    const tasks = this.left().map((name): Task => {
      const needs = [...statedNeeds(this.options.tree.graph, name).keys()];
      return { name, seconds: this.expected(name), needs };
    });
    return shardsThatHelp(tasks, most);
  }

  /** The run in one line. */
  line(building: ReadonlyMap<string, { since: number }>, now: number): string {
    const running = [...building].map(([name, { since }]) => ({ name, seconds: now - since }));
    return progressLine({
      done: this.progress.outcomes.size,
      total: this.progress.names.size,
      running: running.sort((a, b) => b.seconds - a.seconds),
      ready: this.progress.ready.size,
    });
  }
}
