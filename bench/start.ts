import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actionNamed, readActions } from '../cli/src/action-file.ts';
import { repository } from '../scripts/build-dist.ts';
import { markdownTable, withBlock } from '../scripts/markdown.ts';
import { measuredMachine } from './measured.ts';
import { median, rounded } from './stopwatch.ts';

const rounds = 15;

/** Medians over {@link rounds} rounds, each of which measures every bundle once. */
export interface Start {
  /** From the start of a bundle to its first line of output, by the action's name. */
  bundleMilliseconds: Record<string, number>;
  /** Node alone, with an empty script. */
  nodeMilliseconds: number;
}

/** A wrong input of each action: it is reported after the whole bundle was loaded and its host examined. */
const wrong: Record<string, Record<string, string>> = {
  toolchain: { 'toolchain-mode': 'none' },
  'build-packages': { 'specs-dir': 'none' },
  'build-packages/plan': { 'specs-dir': 'none' },
  'build-packages/merge': { 'specs-dir': 'none' },
  'compose-image': { 'config-file': '' },
  'compose-image/release': { tag: '' },
};

/** Measures the time of each bundle to its first line of output. */
export async function benchStart(): Promise<Start> {
  const actions = readActions(join(repository, 'actions'));
  const taken = new Map<string, number[]>();
  const note = (name: string, milliseconds: number) =>
    taken.set(name, [...(taken.get(name) ?? []), milliseconds]);
  for (let round = 0; round < rounds; round++) {
    note('', await untilOutput([process.execPath, '--eval', ''], {}));
    for (const [name, inputs] of Object.entries(wrong)) {
      const { entry, inputs: all } = actionNamed(actions, name);
      const given = Object.entries(all).map(([input, said]) => [
        `INPUT_${input.toUpperCase()}`,
        inputs[input] ?? said.default ?? '',
      ]);
      note(name, await untilOutput([process.execPath, entry], Object.fromEntries(given)));
    }
  }
  const middle = (name: string) => rounded(median(taken.get(name) ?? []));
  return {
    bundleMilliseconds: Object.fromEntries(Object.keys(wrong).map((name) => [name, middle(name)])),
    nodeMilliseconds: middle(''),
  };
}

/** Returns the milliseconds until a command writes something, or ends. */
async function untilOutput(argv: readonly string[], env: Record<string, string>): Promise<number> {
  const started = performance.now();
  const child = spawn(argv[0] as string, argv.slice(1), {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(performance.now()));
  });
  const said = new Promise<number>((resolve) => child.stdout.once('data', () => resolve(performance.now())));
  const at = await Promise.race([said, ended]);
  await ended;
  return at - started;
}

/** `bench/start.json`: the figures of `make bench-start`, and its machine. */
export interface StartResults extends Start {
  schema: 'azl/bench-start';
  version: 1;
  machine: string;
}

/** Returns the figures for the README, as Markdown. Pure. */
export function startFigures({ bundleMilliseconds, nodeMilliseconds, machine }: StartResults): string {
  const rows = Object.entries(bundleMilliseconds).map(([name, milliseconds]) => [
    `\`${name}\``,
    `${Math.round(milliseconds)} ms`,
    `${(milliseconds / nodeMilliseconds).toFixed(1)}`,
  ]);
  return [
    markdownTable(['action', 'to its first line', 'times Node alone'], rows),
    '',
    `Medians of ${rounds}, measured by \`make bench-start\` on ${machine}.`,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const machine = measuredMachine();
  const results: StartResults = { schema: 'azl/bench-start', version: 1, machine, ...(await benchStart()) };
  writeFileSync(join(repository, 'bench', 'start.json'), `${JSON.stringify(results, null, 2)}\n`);
  const page = join(repository, 'docs', 'testing.md');
  writeFileSync(page, withBlock(readFileSync(page, 'utf8'), 'bench-start', `\n${startFigures(results)}\n`));
  console.log(startFigures(results));
}
