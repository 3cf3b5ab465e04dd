import { expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { checkSpecs } from '../../../src/shared/specs/check.ts';

function spec(name: string, sourceRpm: string, files: Record<string, boolean>, excluded?: string): Spec {
  return {
    ...{
      package: name,
      specsDir: 'SPECS',
      path: `${name}/${name}.spec`,
      name,
      epoch: 0,
      version: '1',
      release: '1',
      sourceRpm,
    },
    ...(excluded === undefined ? {} : { excluded }),
    ...{
      buildRequires: [],
      checkRequires: [],
      buildConflicts: [],
      sources: [],
      includes: [],
    },
    ...{ hasCheck: false, digest: '' },
    packages: Object.entries(files).map(([file, built]) => ({
      ...{ name: file, epoch: 0, version: '1', release: '1', arch: 'noarch', file, built, files: [] },
      ...{ provides: [], requires: [], conflicts: [], obsoletes: [] },
    })),
  };
}

const said = (...specs: Spec[]) => checkSpecs(specs).map(({ problem }) => formatProblem(problem));

it('names both specs that make one RPM file', () => {
  expect(said(spec('a', 'a.src.rpm', { x: true }), spec('b', 'b.src.rpm', { x: true }))).toEqual([
    'SPECS/b/b.spec: this spec makes x which SPECS/a/a.spec makes, too. Give one of them another Name, Version or Release.',
  ]);
});
it('names both specs that make one SRPM file', () => {
  expect(said(spec('a', 's', { x: true }), spec('b', 's', { y: true }))).toEqual([
    expect.stringContaining('makes s which'),
  ]);
});
it('sees one spec that makes a file twice', () => {
  const twice = spec('a', 's', { x: true });
  expect(said({ ...twice, packages: [...twice.packages, ...twice.packages] })).toEqual([
    expect.stringContaining('makes x a second time'),
  ]);
});
it('does not mind what is never made', () => {
  expect(
    said(spec('a', 'a', { x: true }), spec('b', 'b', { x: false }), spec('c', 'a', { x: true }, 'why')),
  ).toEqual([]);
});
