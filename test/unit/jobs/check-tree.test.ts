import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import { unmetInTree } from '../../../src/shared/jobs/check-tree.ts';
import { describeUnmet } from '../../../src/shared/planner/engine.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, solve } from '../../support/made-up-engine.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-check-tree-'));
afterEach(() => rmSync(join(dir, 'app'), { recursive: true, force: true }));
afterAll(() => rmSync(dir, { recursive: true }));

const names = Array.from({ length: 100 }, (_, at) => `nope-${at}`);
const spec = { ...madeUpSpec('app', names), specsDir: dir };
const near = [madeUpSpec('nope-x'), madeUpSpec('zebra')];
const tree = makeTree(
  {
    ...{ specs: [spec, ...near], toolchain: madeUpToolchain([base, essentials]), solver: { solve } },
    ...{ sources: async () => ({}), defines: {} },
  },
  plainPolicy,
);
const unmet = names.map((capability) => ({ by: 'app', capability, path: ['app'] }));

it('places the requirements of a spec, which is read once', () => {
  const file = join(dir, spec.path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, names.map((name) => `BuildRequires: ${name}\n`).join(''));
  const split = vi.spyOn(String.prototype, 'split');
  try {
    const problems = unmetInTree(tree, unmet);
    expect(problems.map(({ file: where, line }) => [where, line])).toEqual(
      names.map((_, at) => [file, at + 1]),
    );
    expect(split.mock.calls.filter(([by]) => String(by) === '\n')).toHaveLength(1);
  } finally {
    split.mockRestore();
  }
});

it('looks for the nearest names of a hundred requirements, however many there are', () => {
  const more = Array.from({ length: 150 }, (_, at) => ({
    by: 'app',
    capability: `nope-${at}`,
    path: ['app'],
  }));
  const hints = unmetInTree(tree, more).map(({ hint }) => hint);
  expect(hints).toHaveLength(150);
  expect(hints.filter((hint) => hint?.startsWith("Nearest: 'nope-x' (nope-x). "))).toHaveLength(100);
  expect(hints.every((hint) => hint?.endsWith('Needed by: app.'))).toBe(true);
  const last = { by: 'app', capability: 'zebras', path: ['app'] };
  const [before, after] = [describeUnmet([last, ...more], tree), describeUnmet([...more, last], tree)];
  for (const text of [before, after]) expect(text).toContain("nothing provides 'zebras', needed by app");
  expect([before, after].map((text) => text.includes("Nearest: 'zebra' (zebra)."))).toEqual([true, false]);
});

it.each([
  ['missing', () => {}],
  ['a folder', (file: string) => mkdirSync(file, { recursive: true })],
])('names the requirements of a spec that is %s by now', (_what, make) => {
  const file = join(dir, spec.path);
  make(file);
  const problems = unmetInTree(tree, unmet.slice(0, 1));
  expect(problems).toMatchObject([{ file, message: "BuildRequires 'nope-0' is provided by nothing" }]);
  expect(problems[0]?.line).toBeUndefined();
});
