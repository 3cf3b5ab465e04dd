import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { satisfies } from '../../../src/shared/rpm/requirement.ts';
import { compareEvr, type Evr } from '../../../src/shared/rpm/version.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { testWorker } from '../../support/worker.ts';

const temporary = temporaryFolders();

/** Pairs of each kind that rpm is asked about, in one process. */
const numRuns = 10_000;

const part = fc.constantFrom('0', '1', '2', '10', '010', 'a', 'b', 'rc', '.', '.', '_', '+', '~', '^');
const version = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
const epoch = fc.constantFrom(0, 0, 0, 1, 2);
/** Two versions that often have a beginning in common, so that what follows decides. */
const near = <T>(arbitrary: fc.Arbitrary<string>, whole: (text: string) => T) =>
  fc
    .tuple(arbitrary, fc.string({ unit: part, maxLength: 3 }), fc.string({ unit: part, maxLength: 3 }))
    .map(([begin, a, b]) => [whole(begin + a), whole(begin + b)] as const);
const versions = fc
  .tuple(near(version, String), near(version, String), epoch, epoch)
  .map(([[v, w], [r, s], e, f]): [Evr, Evr] => [
    { epoch: e, version: v, release: r },
    { epoch: f, version: w, release: s },
  ]);

const evr = (text: string) => text;
const range = fc.tuple(
  fc.constantFrom('=', '<', '>', '<=', '>='),
  fc.constantFrom('', '', '0:', '1:'),
  fc.constantFrom('', '-1', '-2', '-1.azl3'),
);
const dependencies = fc
  .tuple(near(version, evr), range, range, fc.nat(40), fc.boolean())
  .map(([[a, b], one, other, odd, isPlain]): [string, string] => {
    const write = ([comparison, before, release]: [string, string, string], text: string) =>
      `lib ${comparison} ${before}${text}${release}`;
    const provide = isPlain ? write(['=', one[1], one[2]], a) : write(one, a);
    if (odd === 0) return ['lib', write(other, b)];
    if (odd === 1) return [provide, 'lib'];
    return odd === 2 ? [provide, write(other, b).replace('lib', 'libs')] : [provide, write(other, b)];
  });

it(`${numRuns} pairs of versions, and of dependencies, compare as they do for rpm`, async () => {
  const asked = {
    versions: fc.sample(versions, { numRuns, seed: 21 }),
    dependencies: fc.sample(dependencies, { numRuns, seed: 22 }),
  };
  const dir = temporary();
  const input = join(dir, 'asked');
  mkdirSync(input);
  const label = ({ epoch: e, version: v, release }: Evr) => [String(e), v, release];
  const text = { ...asked, versions: asked.versions.map((pair) => pair.map(label)) };
  writeFileSync(join(input, 'asked.json'), JSON.stringify(text));
  const { worker } = await testWorker();
  const { stdout } = await runInSandbox(['sh', '-c', 'exec python3 -I /azl/pairs.py </asked/asked.json'], {
    root: { worker, overlay: await createOverlay(join(dir, 'overlay')) },
    as: 'root',
    binds: [
      { source: import.meta.dirname, target: '/azl' },
      { source: input, target: '/asked' },
    ],
  });
  const said = JSON.parse(stdout) as { versions: number[]; dependencies: boolean[] };
  const otherVersions = asked.versions.flatMap((pair, at) =>
    Math.sign(compareEvr(...pair)) === said.versions[at] ? [] : [[pair, said.versions[at]]],
  );
  expect(otherVersions).toEqual([]);
  const otherDependencies = asked.dependencies.flatMap(([provide, require], at) =>
    satisfies(provide, require) === said.dependencies[at] ? [] : [[provide, require, said.dependencies[at]]],
  );
  expect(otherDependencies).toEqual([]);
  // Every answer occurs: the pairs are near enough to one another, and far enough.
  expect(new Set(said.versions)).toEqual(new Set([-1, 0, 1]));
  expect(said.dependencies.filter(Boolean).length).toBeGreaterThan(numRuns / 5);
  expect(said.dependencies.filter((one) => !one).length).toBeGreaterThan(numRuns / 5);
});
