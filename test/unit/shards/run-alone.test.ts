import { describe, expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import type { buildOne } from '../../../src/shared/builder/build-one.ts';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { foundInStore, type Outcome } from '../../../src/shared/model/outcome.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import { runAlone } from '../../../src/shared/shards/worker/run-alone.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import type { SolverRequest } from '../../../src/shared/solver/solver.ts';
import { DamagedResultError, type Store } from '../../../src/shared/store/store.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

type Build = typeof buildOne;

/** A store in memory in which files can be damaged, by key. */
function storeWithDamage(): Store & { damaged: Set<string> } {
  const store = memoryStore();
  const damaged = new Set<string>();
  return {
    ...store,
    damaged,
    open: async (result) => {
      if (damaged.has(result.key)) throw new DamagedResultError(result, result.srpm.file, 'is missing');
      return '/store/00/key';
    },
    drop: async (key) => {
      damaged.delete(key);
      await store.drop(key);
    },
  };
}

/** A run of all these specs in one job, with made-up parts around the loop. */
function madeUpRun(specs: Spec[], more: { store?: Store; priority?: Record<string, number> } = {}) {
  const messages: string[] = [];
  const note = (message: unknown) =>
    messages.push(typeof message === 'string' ? message : (message as { message: string }).message);
  const abort = new AbortController();
  const run = {
    specs,
    messages,
    abort,
    built: [] as string[],
    store: more.store ?? storeWithDamage(),
    solve: solve as (request: SolverRequest) => ReturnType<typeof solve>,
  };
  const context = (): BuildContext =>
    ({
      tree: makeTree(
        {
          specs,
          toolchain: madeUpToolchain([base, essentials]),
          solver: { solve: (request: SolverRequest) => run.solve(request) },
          sources: async () => ({}),
          defines: {},
        },
        { ...plainPolicy, discover: true },
      ),
      run: {
        names: specs.map((spec) => spec.package),
        prebuilt: [],
        rebuild: new Set(),
        failures: new Map(),
        seconds: new Map(),
        priority: new Map(Object.entries(more.priority ?? {})),
      },
      inputs: { buildDir: '/nowhere', cacheDir: '/nowhere' },
      store: run.store,
      log: { info: note, warn: note, error: note, progress: () => {} },
      signal: abort.signal,
    }) as unknown as BuildContext;
  /** Builds a package as its spec says. */
  const build: Build = async (_, name, { build: { key }, reason }) => {
    run.built.push(name);
    const provides = name === 'long' ? ['long = 1.0-1', 'pkgconfig(revealed) = 1'] : [`${name} = 1.0-1`];
    const rpm = madeUpRpm(name, { outputDigest: `${name} by ${key}`, provides });
    const result = madeUpResult(name, [rpm], key);
    await run.store.put(result, '', false);
    return { state: 'built', reason, result };
  };
  const start = async (slots = 1, how: Build = build, grow?: Parameters<typeof runAlone>[3]) => {
    const state = await runAlone(context(), slots, how, grow);
    const outcomes = outcomesOf(state);
    return { outcomes, states: Object.fromEntries([...outcomes].map(([name, one]) => [name, one.state])) };
  };
  return { ...run, run, build, start };
}

const failure = (key: string): Outcome => ({ state: 'failed', reason: 'it fails', key, log: '/log' });
/** Lets everything happen that waits for nothing. */
const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

describe('a job that builds alone', () => {
  it('builds every package in the order of priorities, as many at once as it has slots', async () => {
    const specs = [madeUpSpec('a'), madeUpSpec('b', ['a']), madeUpSpec('c'), madeUpSpec('d')];
    const { start, build, built } = madeUpRun(specs, { priority: { a: 2, b: 1, c: 9, d: 5 } });
    let [running, most] = [0, 0];
    const counted: Build = async (...all) => {
      most = Math.max(most, ++running);
      await turns();
      running--;
      return await build(...all);
    };
    const { states } = await start(2, counted);
    expect(states).toEqual({ a: 'built', b: 'built', c: 'built', d: 'built' });
    expect(built).toEqual(['c', 'd', 'a', 'b']);
    expect(most).toBe(2);
  });

  it('builds nothing when the store has everything, and says what it reused', async () => {
    const { start, built, messages } = madeUpRun([madeUpSpec('a'), madeUpSpec('b', ['a'])]);
    await start();
    built.length = 0;
    expect((await start()).states).toEqual({ a: 'reused', b: 'reused' });
    expect(built).toEqual([]);
    expect(messages).toContain('Reused, nothing that reaches them changed: a, b');
  });

  it('goes on with what builds reveal, and builds nothing twice, not even what failed', async () => {
    const specs = [madeUpSpec('a'), madeUpSpec('bad'), madeUpSpec('c', ['a', 'elsewhere'])];
    const { start, build, run } = madeUpRun(specs);
    const started: string[] = [];
    const how: Build = async (...all) => {
      started.push(all[1]);
      return all[1] === 'bad' ? failure(all[2].build.key) : await build(...all);
    };
    const asked: unknown[] = [];
    const { states } = await start(1, how, async (missing) => {
      asked.push(missing);
      if (asked.length > 1) return undefined;
      const found = madeUpRpm('elsewhere');
      run.solve = (request) =>
        solve({ ...request, install: request.install.filter((one) => one !== found.name) });
      const toolchain = madeUpToolchain([base, essentials, found]);
      return makeTree({
        ...{ specs, toolchain, defines: {}, sources: async () => ({}) },
        solver: { solve: (request: SolverRequest) => run.solve(request) },
      });
    });
    expect(asked).toEqual([{ unmet: ['elsewhere'], unconverted: [] }]);
    expect(states).toEqual({ a: 'built', bad: 'failed', c: 'built' });
    expect(started.sort()).toEqual(['a', 'bad', 'c']);
  });

  it('stops at a failure only what needs the package', async () => {
    const { start, build } = madeUpRun([madeUpSpec('a'), madeUpSpec('b', ['a']), madeUpSpec('c')]);
    const { outcomes } = await start(2, async (...all) =>
      all[1] === 'a' ? failure(all[2].build.key) : await build(...all),
    );
    expect(outcomes.get('a')).toMatchObject({ state: 'failed', log: '/log' });
    expect(outcomes.get('b')).toMatchObject({ state: 'blocked', rootCauses: ['a'] });
    expect(outcomes.get('c')).toMatchObject({ state: 'built' });
  });

  it('builds a damaged stored result again, and ends also when what needs it failed before', async () => {
    const store = storeWithDamage();
    const specs = [madeUpSpec('stored'), madeUpSpec('broken', ['stored']), madeUpSpec('other', ['stored'])];
    const before = madeUpRun([specs[0] as Spec], { store });
    const stored = (await before.start()).outcomes.get('stored') as unknown as { result: Result };
    store.damaged.add(stored.result.key);
    const { start, build, built } = madeUpRun(specs, { store });
    const how: Build = async (...all) => {
      if (all[1] !== 'broken') return await build(...all);
      built.push('broken');
      return failure(all[2].build.key);
    };
    const { outcomes, states } = await start(1, how);
    expect(states).toEqual({ stored: 'built', broken: 'failed', other: 'built' });
    expect(outcomes.get('broken')).toMatchObject({ log: '/log' });
    expect(built).toEqual(['broken', 'other', 'stored']);
  });

  it('builds again what a build found damaged, then that package', async () => {
    const store = storeWithDamage();
    const specs = [madeUpSpec('stored'), madeUpSpec('user', ['stored'])];
    await madeUpRun([specs[0] as Spec], { store }).start();
    const { start, build, built, messages } = madeUpRun(specs, { store });
    let tries = 0;
    const { states } = await start(1, async (...all) => {
      const needed = all[3].get('stored');
      if (needed !== undefined && ++tries === 1)
        throw new DamagedResultError(needed, needed.srpm.file, 'is missing');
      return await build(...all);
    });
    expect(states).toEqual({ stored: 'built', user: 'built' });
    expect(built).toEqual(['stored', 'user']);
    expect(messages.join('\n')).toMatch(/stored result of stored .* is damaged.*It is built again/);
  });

  it('keeps a result that was in the store after all, also without its debuginfo', async () => {
    const store = memoryStore();
    const { start, built } = madeUpRun([madeUpSpec('a')], {
      store: {
        ...store,
        storedParts: async () => 'without-debug',
        open: async (result) => {
          throw new DamagedResultError(result, 'a-debuginfo', 'is missing');
        },
      },
    });
    const { outcomes } = await start(1, async (_, name, { build: { key } }) => {
      built.push(name);
      const result = madeUpResult(name, [madeUpRpm(name)], key);
      await store.put(result, '', false);
      return { state: 'reused', reason: foundInStore, result };
    });
    expect(outcomes.get('a')).toMatchObject({ state: 'reused', reason: foundInStore });
    expect(built).toEqual(['a']);
  });

  it('goes on to the end when a build ends while the solver works', async () => {
    // No spec says who provides it: each of the last two waits for the other until nothing else can be built.
    const revealed = 'pkgconfig(revealed)';
    const specs = [
      madeUpSpec('long'),
      madeUpSpec('short'),
      madeUpSpec('unsolvable', ['short']),
      madeUpSpec('x', [revealed]),
      madeUpSpec('y', [revealed]),
    ];
    const { run, start, build } = madeUpRun(specs);
    let endLong = () => {};
    const long = new Promise<void>((resolve) => {
      endLong = resolve;
    });
    run.solve = async (request) => {
      if (!request.install.includes('short')) return await solve(request);
      endLong();
      await turns();
      return { ok: false, problems: ['no'], missing: [] };
    };
    const { states } = await start(2, async (...all) => {
      if (all[1] === 'long') await long;
      return await build(...all);
    });
    expect(states).toEqual({ long: 'built', short: 'built', unsolvable: 'failed', x: 'built', y: 'built' });
  });

  it('ends with the error of a full disk after the builds that are running', async () => {
    const { start, build, built } = madeUpRun([madeUpSpec('a'), madeUpSpec('b'), madeUpSpec('c')]);
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const run = start(2, async (...all) => {
      await turns();
      if (all[1] === 'a') throw full;
      await turns();
      return await build(...all);
    });
    await expect(run).rejects.toBe(full);
    expect(built).toEqual(['b']);
  });

  it('starts nothing after it is cancelled', async () => {
    const { start, abort, built, build } = madeUpRun([madeUpSpec('a'), madeUpSpec('b')]);
    const run = start(1, async (...all) => {
      const outcome = await build(...all);
      abort.abort();
      return outcome;
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(built).toEqual(['a']);
  });
});
