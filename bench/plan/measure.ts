import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Result } from '../../src/shared/model/build-result.ts';
import type { SolverAnswer } from '../../src/shared/solver/solver.ts';
import { essentials, openRun, partsOf, plan, prepare, resultOf, runAll, treeOf } from './engine.ts';
import { readTree, sizes } from './facts.ts';
import { fakeSolver, threadSeconds } from './fake-solver.ts';
import type { Message, Phase } from './figures.ts';

/**
 * Measures one size in a process of its own: `measure.ts <facts> <specs> <file> cold` builds everything and writes the
 * results to a file; `… warm` plans with them. Each measure is a line of JSON on standard output.
 */
const [dir = '', count, file = '', mode] = process.argv.slice(2);
const size = sizes.find(({ specs }) => String(specs) === count);
if (size === undefined) throw new Error(`no size '${count}'`);

/** Builds at once, as many as a run has shards by default. */
const atOnce = 20;
/** Builds between two reports on the run. */
const reportEvery = 25;

const facts = readTree(dir, size, essentials);
const answers = new Map<string, SolverAnswer>();
const solver = fakeSolver(() => parts.toolchain);
const parts = partsOf(facts, answers, solver);

const say = (message: Message) => writeSync(1, `${JSON.stringify(message)}\n`);
const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1000);
const round = (seconds: number) => Math.round(seconds * 10_000) / 10_000;
/** Seconds that the processor worked for this thread, without the fake solver. Other processes do not count. */
const clock = () => threadSeconds() - solver.seconds();

/** Measures a phase. @returns also the longest time on the clock between two turns of the event loop */
async function phase<T>(work: () => T | Promise<T>): Promise<{ value: T; phase: Phase }> {
  let ended = false;
  let blocked = 0;
  let last = clock();
  const look = () => {
    blocked = Math.max(blocked, clock() - last);
    last = clock();
    if (!ended) setImmediate(look);
  };
  setImmediate(look);
  const [cpu, fake] = [process.cpuUsage(), solver.seconds()];
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6 - (solver.seconds() - fake);
  ended = true;
  await turn();
  return { value, phase: { cpuSeconds: round(cpuSeconds), blockedSeconds: round(blocked) } };
}

/** Builds everything, and saves it for the other mode. */
async function cold(): Promise<void> {
  const rpms = facts.specs.reduce((sum, one) => sum + one.rpms.length, 0);
  say({ facts: { rpms, leftOut: facts.leftOut, madeUp: facts.madeUp } });
  const graph = await phase(async () => {
    const tree = treeOf(parts);
    return { tree, prepared: await prepare(tree) };
  });
  const { tree, prepared } = graph.value;
  say({ graph: graph.phase, megabytes: megabytes() });
  const planned = await phase(() => plan(openRun(tree, prepared, [])));
  say({ cold: planned.phase, planned: planned.value, megabytes: megabytes() });
  const byName = new Map(facts.specs.map((one) => [one.package, one]));
  const results: Result[] = [];
  const resolving = { steps: 0, sum: 0, worst: 0, slow: 0 };
  const report = () =>
    say({ resolving: { ...resolving, sum: round(resolving.sum), worst: round(resolving.worst) } });
  const whole = await phase(() =>
    runAll(
      tree,
      prepared,
      (name, ready) => {
        const result = resultOf(byName.get(name) as (typeof facts.specs)[number], ready);
        results.push(result);
        return result;
      },
      async (work) => {
        const began = clock();
        await work();
        const seconds = clock() - began;
        // The first one is the plan.
        if (resolving.steps++ > 0) {
          resolving.sum += seconds;
          resolving.worst = Math.max(resolving.worst, seconds);
          if (seconds > 0.05) resolving.slow++;
        }
        if (resolving.steps % reportEvery === 0) report();
      },
      atOnce,
    ),
  );
  report();
  say({ run: whole.phase, outcomes: whole.value, megabytes: megabytes() });
  const out = openSync(file, 'w');
  for (const result of results) writeSync(out, `${JSON.stringify(result)}\n`);
  closeSync(out);
  writeFileSync(`${file}.answers`, JSON.stringify([...answers]));
}

/** Plans with all results in the store. */
async function warm(): Promise<void> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const results = lines.map((line) => JSON.parse(line) as Result);
  const saved = JSON.parse(readFileSync(`${file}.answers`, 'utf8')) as [string, SolverAnswer][];
  for (const [question, answer] of saved) answers.set(question, answer);
  const tree = treeOf(parts);
  const prepared = await prepare(tree);
  const run = openRun(tree, prepared, results);
  const planned = await phase(() => plan(run));
  say({ warm: planned.phase, replanned: planned.value, warmMegabytes: megabytes() });
}

await (mode === 'warm' ? warm() : cold());
