import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { writeReport } from '../../../src/shared/github/job-report.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-job-report-'));
const files = { outputs: join(dir, 'outputs'), page: join(dir, 'page') };

beforeEach(() => {
  for (const file of Object.values(files)) writeFileSync(file, '');
  vi.stubEnv('GITHUB_OUTPUT', files.outputs);
  vi.stubEnv('GITHUB_STEP_SUMMARY', files.page);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(dir, { recursive: true }));

it('writes outputs and page before it throws the error of the report', async () => {
  const report = { outputs: { built: 2, complete: false }, page: '### Two', error: new Error('one failed') };
  await expect(writeReport(report)).rejects.toThrow('one failed');
  expect(readFileSync(files.outputs, 'utf8')).toMatch(/built<<.*\n2\n(.*\n)*complete<<.*\nfalse\n/);
  expect(readFileSync(files.page, 'utf8')).toBe('### Two');
});

it.each([
  ['', '### Two'],
  ['true', '### Two'],
  ['y', '### Two'],
  ['perhaps', '### Two'],
  ['false', ''],
  ['n', ''],
])('with the input summary %j writes the page %j', async (summary, written) => {
  vi.stubEnv('INPUT_SUMMARY', summary);
  await writeReport({ outputs: {}, page: '### Two' });
  expect(readFileSync(files.page, 'utf8')).toBe(written);
});

it('writes no page where there is none, or no place for it', async () => {
  await writeReport({ outputs: {}, page: '' });
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  await writeReport({ outputs: {}, page: '### Two' });
  expect(readFileSync(files.page, 'utf8')).toBe('');
});
