import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';
import { countTests, fileTimings, readReport } from '../../../scripts/test-report.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { writeTree } from '../../support/trees.ts';

const temporary = temporaryFolders();

it('what a layer’s report says names each test that did not pass, each file that did not load, and why', async () => {
  const dir = temporary();
  const test = (body: string) => `import { expect, it } from 'vitest';\n${body}\n`;
  await writeTree(dir, {
    'a.test.ts': test(
      "it('adds', () => expect(1 + 1).toBe(3));\nit('is', () => {});\nit.skip('waits', () => {});",
    ),
    'b.test.ts': test("throw new Error('no way\\nat all');"),
  });
  const report = join(dir, 'report.json');
  const argv = [
    ...[process.execPath, join(repository, 'node_modules/vitest/vitest.mjs'), 'run', '--root', dir],
    ...['--reporter=json', `--outputFile.json=${report}`],
  ];
  const { code } = await runTool(argv, { cwd: repository, ok: 'any' });
  const { passed, failed, failures } = countTests(readReport(report), code, dir);
  expect([passed, failed]).toEqual([1, 2]);
  expect(failures?.sort()).toEqual([
    'a.test.ts: adds: AssertionError: expected 2 to be 3 // Object.is equality',
    'a.test.ts: waits: skipped',
    'b.test.ts: no way',
  ]);
  const [timing, ...others] = fileTimings(readReport(report), dir);
  expect(others).toEqual([]);
  expect(timing?.name).toBe('a.test.ts');
  expect(timing?.seconds).toBeGreaterThanOrEqual(0);
  expect(countTests(readReport(join(dir, 'nowhere')), 1, dir)).toEqual({
    passed: 0,
    failed: 1,
    failures: [],
  });
});
