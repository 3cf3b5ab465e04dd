import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../../scripts/build-dist.ts';
import { withBlock } from '../../scripts/markdown.ts';
import { measuredCommit, measuredMachine } from '../measured.ts';
import { factsFolder } from '../schedule/azure-linux.ts';
import { sizes } from './facts.ts';
import { type Message, missedGoals, type PlanResults, planFigures, type Row } from './figures.ts';

/** Seconds after which a size is ended. */
const limit = Number(process.env['BENCH_SECONDS'] ?? 500);

const facts = factsFolder('the planner', 'bench-plan');
const folder = join(repository, 'build', 'bench', 'plan');
mkdirSync(folder, { recursive: true });

/** Measures one size in processes of its own. */
async function measure(specs: number): Promise<Row> {
  const row: Row = { specs };
  const file = join(folder, `${specs}.jsonl`);
  for (const mode of ['cold', 'warm']) {
    const argv = [join(import.meta.dirname, 'measure.ts'), facts, String(specs), file, mode];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => {
      row.endedAfterSeconds = limit;
      child.kill('SIGKILL');
    }, limit * 1000);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    for await (const line of createInterface({ input: child.stdout }))
      Object.assign(row, JSON.parse(line) as Message);
    const code = await ended;
    clearTimeout(timer);
    if (row.endedAfterSeconds !== undefined) break;
    if (code !== 0) throw new Error(`${specs} specs: the process ended with ${code}`);
  }
  console.error(JSON.stringify(row));
  return row;
}

const rows: Row[] = [];
for (const { specs } of sizes) rows.push(await measure(specs));
const commit = await measuredCommit();
const results: PlanResults = {
  ...{ schema: 'azl/bench-plan', version: 1, command: 'make bench-plan', commit },
  machine: measuredMachine(),
  rows,
};
writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
const page = join(repository, 'docs', 'testing.md');
writeFileSync(page, withBlock(readFileSync(page, 'utf8'), 'bench-plan', `\n${planFigures(results)}\n`));
console.log(planFigures(results));
for (const row of rows.filter(({ specs }) => specs === 1540))
  for (const one of missedGoals(row)) console.error(`1540 specs: ${one}`);
