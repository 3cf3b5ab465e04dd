import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { digestsOf } from '../../../src/shared/sources/local-files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'azl-local-files-'));
  mkdirSync(join(dir, 'SPECS/a'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const names = Array.from({ length: 20 }, (_, at) => `${at}.patch`);
const signed = '0'.repeat(64);
const text = JSON.stringify(
  { Signatures: Object.fromEntries(names.map((name) => [name, signed])) },
  undefined,
  1,
);

async function problemsOf() {
  for (const name of names) writeFileSync(join(dir, 'SPECS/a', name), name);
  const sources = names.map((name, number) => ({ kind: 'patch' as const, number, name }));
  const spec = { package: 'a', specsDir: join(dir, 'SPECS'), path: 'a/a.spec', sources };
  const locations = { sourceDirs: [] };
  return (await digestsOf(locations, spec, new Map(names.map((name) => [name, signed])))).problems;
}

it('names the line of each wrong signature, and reads the signatures once for all', async () => {
  writeFileSync(join(dir, 'SPECS/a/a.signatures.json'), text);
  const replaced = vi.spyOn(String.prototype, 'replace');
  try {
    expect((await problemsOf()).map(({ line }) => line)).toEqual(names.map((_, at) => at + 3));
    expect(replaced.mock.calls.filter(([what]) => String(what) === '/^\\uFEFF/')).toHaveLength(1);
  } finally {
    replaced.mockRestore();
  }
});

it('takes no line from a link in the place of the signatures that leads out of the tree', async () => {
  writeFileSync(join(dir, 'other.json'), text);
  symlinkSync('../../other.json', join(dir, 'SPECS/a/a.signatures.json'));
  const problems = await problemsOf();
  expect(problems).toHaveLength(names.length);
  expect(problems.map(({ line }) => line)).toEqual(names.map(() => undefined));
});
