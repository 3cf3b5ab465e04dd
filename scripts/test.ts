import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../src/shared/host/needs.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { repository } from './build-dist.ts';
import { consoleLog } from './console-log.ts';
import { type Count, countTests, readReport } from './test-report.ts';
import { ensureTools, toolPath } from './tools.ts';

/** What is looked at once, each counting as one test. */
const checks: [name: string, argv: string[]][] = [
  ['Format and lint', ['biome', 'ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.']],
  ['Types', ['tsc', '-p', '.']],
  ['The committed bundles', ['node', 'scripts/check-dist.ts']],
  // Also what the suites below start from: its toolchain, its results, its image.
  ['The main job: make image', ['make', '--no-print-directory', 'image']],
];

/** `.ci/run`: also what needs programs that only CI has. */
const ci = process.argv[2] === 'ci';

/** What CI looks at besides. */
const lint: typeof checks = [
  ['Workflows: actionlint', [toolPath('actionlint'), '-shellcheck=', '-pyflakes=']],
  [
    'Workflows and actions: zizmor',
    [
      toolPath('zizmor'),
      ...['--persona=pedantic', '--offline', '--strict-collection', '--no-progress'],
      ...['.github/workflows', 'actions'],
    ],
  ],
];

/** `make test-full`: suites of many whole runs see the example distribution, too. */
const full = process.argv[2] === 'full';

/** The layers of docs/testing.md, cheapest first. */
const layers = ['unit', 'integration', 'bundle', 'e2e', ...(ci ? ['act'] : [])];

/** Runs a command of node_modules on this terminal; answers its exit code. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(argv[0] as string, argv.slice(1), { cwd: repository, stdio: 'inherit', env });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** Runs one layer. */
async function runLayer(layer: string, report: string): Promise<Count> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const env = full ? { ...process.env, AZL_TEST_FULL: '1' } : process.env;
  const code = await run(['vitest', 'run', '--project', layer, '--passWithNoTests', ...reporters], env);
  return countTests(readReport(report), code, repository);
}

/** Linters first: they are quick. */
const steps = ci ? [...lint, ...checks] : checks;

const all: Count = { passed: 0, failed: 0 };
const badSteps: string[] = [];
const failures: string[] = [];
const add = (step: string, count: Count) => {
  all.passed += count.passed;
  all.failed += count.failed;
  if (count.failed > 0) badSteps.push(step);
  failures.push(...(count.failures ?? []));
};

/** Ends as everything here said. */
function end(): never {
  // Here and not above alone: of a long log, people and machines see the end first.
  for (const failure of failures) console.log(`  ${failure}`);
  if (badSteps.length > 0) console.log(`Failed: ${badSteps.join(', ')}`);
  console.log(`${all.passed} passed, ${all.failed} failed`);
  process.exit(all.failed === 0 && all.passed > steps.length ? 0 : 1);
}

try {
  await ensureCommands(Object.values(needs).flat(), consoleLog);
  if (ci) await ensureTools(['act', 'actionlint', 'zizmor'], consoleLog);
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  add('what the tests need', { passed: 0, failed: 1 });
  end();
}
const reports = mkdtempSync(join(tmpdir(), 'azl-test-'));
try {
  for (const [name, argv] of steps) {
    console.log(`==> ${name}`);
    add(name, (await run(argv)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  }
  for (const layer of layers) {
    console.log(`==> Tests: ${layer}`);
    add(layer, await runLayer(layer, join(reports, `${layer}.json`)));
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
end();
