import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../src/shared/host/needs.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { withTempDir } from '../src/shared/host/temp-dir.ts';
import { repository } from './build-dist.ts';
import { consoleLog } from './console-log.ts';
import { type Count, countTests, fileTimings, readReport } from './test-report.ts';
import { type Timing, timingLines } from './test-timing.ts';
import { ensureTools, type Tool, toolPath } from './tools.ts';

/** A command that counts as one test. */
type Step = [name: string, argv: string[]];

const lint: Step[] = [
  ['Format and lint', ['biome', 'ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.']],
  ['Types', ['tsc', '-p', '.']],
];

const checks: Step[] = [
  ...lint,
  ['The committed bundles', ['node', 'scripts/check-dist.ts']],
  // The suites start from its toolchain, its results and its image.
  ['The main job: make image', ['make', '--no-print-directory', 'image']],
];

/** All workflow files, also those that documents show and `make init` writes. */
const workflows = globSync(
  ['.github/workflows/*.yml', 'examples/workflows/*.yml', 'examples/new-repository/.github/workflows/*.yml'],
  { cwd: repository },
);

/** Needs tools that only CI installs. */
const workflowLint: Step[] = [
  ['Workflows: actionlint', [toolPath('actionlint'), '-shellcheck=', '-pyflakes=', ...workflows]],
  [
    'Workflows and actions: zizmor',
    [
      toolPath('zizmor'),
      ...['--persona=pedantic', '--offline', '--strict-collection', '--no-progress'],
      ...[...workflows, '.github/dependabot.yml', 'actions'],
    ],
  ],
];

/** A way to start this script: `node scripts/test.ts <mode>`. */
interface Mode {
  steps: Step[];
  /** The projects of vitest.config.ts, cheapest first. */
  layers: string[];
  tools: Tool[];
  env?: NodeJS.ProcessEnv;
}

const layers = ['unit', 'integration', 'bundle', 'e2e'];
const modes: Record<string, Mode> = {
  /** `make lint` */
  lint: { steps: lint, layers: [], tools: [] },
  /** `make test` */
  all: { steps: checks, layers, tools: [] },
  /** `make test-full`: suites of whole runs build the example distribution, too. */
  full: { steps: checks, layers, tools: [], env: { AZL_TEST_FULL: '1' } },
  /** `.ci/run` */
  ci: {
    steps: [...workflowLint, ...checks],
    layers: [...layers, 'act'],
    tools: ['act', 'actionlint', 'zizmor'],
  },
};

/** Runs a command in the checkout, with its output on this terminal. @returns its exit code */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(argv[0] as string, argv.slice(1), {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

const all: Required<Count> = { passed: 0, failed: 0, failures: [] };
const failedSteps: string[] = [];
const timings: Timing[] = [];
const files: Timing[] = [];

/** Runs one step or layer under a heading, and adds its count and its time to those of the whole run. */
async function measure(name: string, work: () => Promise<Count>): Promise<void> {
  console.log(`==> ${name}`);
  const started = performance.now();
  add(name, await work());
  timings.push({ name, seconds: (performance.now() - started) / 1000 });
}

function add(name: string, { passed, failed, failures = [] }: Count): void {
  all.passed += passed;
  all.failed += failed;
  all.failures.push(...failures);
  if (failed > 0) failedSteps.push(name);
}

async function runStep(argv: readonly string[]): Promise<Count> {
  return (await run(argv)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runLayer(layer: string, reportFile: string, env?: NodeJS.ProcessEnv): Promise<Count> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const code = await run(['vitest', 'run', '--project', layer, '--passWithNoTests', ...reporters], env);
  const report = readReport(reportFile);
  files.push(...fileTimings(report, repository));
  return countTests(report, code, repository);
}

/** Installs what the tests need. @returns false if that failed, which then counts as a failed test */
async function prepare(tools: readonly Tool[]): Promise<boolean> {
  try {
    await ensureCommands(Object.values(needs).flat(), consoleLog);
    await ensureTools(tools, consoleLog);
    return true;
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    add('what the tests need', { passed: 0, failed: 1 });
    return false;
  }
}

const mode = modes[process.argv[2] ?? 'all'] as Mode;
if (mode.layers.length === 0 || (await prepare(mode.tools))) {
  for (const [name, argv] of mode.steps) await measure(name, () => runStep(argv));
  await withTempDir(tmpdir(), 'azl-test-', async (reports) => {
    for (const layer of mode.layers)
      await measure(`Tests: ${layer}`, () => runLayer(layer, join(reports, `${layer}.json`), mode.env));
  });
}
// Failures last: people and machines see the end of a long log first.
for (const line of timingLines(timings, files)) console.log(line);
for (const failure of all.failures) console.log(`  ${failure}`);
if (failedSteps.length > 0) console.log(`Failed: ${failedSteps.join(', ')}`);
console.log(`${all.passed} passed, ${all.failed} failed`);
const expected = mode.steps.length + (mode.layers.length > 0 ? 1 : 0);
process.exit(all.failed === 0 && all.passed >= expected ? 0 : 1);
