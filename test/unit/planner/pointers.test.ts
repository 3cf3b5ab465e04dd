import { describe, expect, it } from 'vitest';
import { declaredGraph } from '../../../src/shared/graph/graph.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { pointersOf } from '../../../src/shared/planner/pointers.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const toolchain = madeUpToolchain([madeUpRpm('perl', { provides: ['perl(strict)'] })]);

/** The result of a package with one RPM of its name, built in a root with these RPMs. */
function resultOf(name: string, more: Partial<Rpm> = {}, root: readonly string[] = []): Result {
  const components = Object.fromEntries(root.map((one) => [`installed:${one}.x86_64`, 'digest']));
  return { ...madeUpResult(name, [madeUpRpm(name, more)]), components };
}

function pointers(specs: Spec[], results: Result[]): Record<string, readonly string[]> {
  return Object.fromEntries(pointersOf(declaredGraph(specs, toolchain), results));
}

describe('pointers of earlier builds', () => {
  const specs = ['app', 'lib', 'beta'].map((name) => madeUpSpec(name, name === 'app' ? ['perl(Odd)'] : []));

  it('lead to each package that provided what a spec requires, and no other declares', () => {
    const results = [
      resultOf('lib', { provides: ['perl(Odd) = 1', 'perl(Other) = 1'] }),
      resultOf('beta', { provides: ['perl(Odd) = 2', 'perl(strict)'] }),
      resultOf('gone', { provides: ['perl(Odd)'] }),
    ];
    expect(pointers(specs, results)).toEqual({ 'perl(Odd)': ['beta', 'lib'] });
  });

  it('lead to what a build revealed as required, unless its root or the package itself had it', () => {
    const provides = ['perl(A)', 'perl(B)', 'perl(C)'];
    const lib = resultOf('lib', { requires: provides, provides: ['perl(C)'] }, ['beta']);
    expect(pointers(specs, [lib, resultOf('beta', { provides: ['perl(A)'] })])).toEqual({});
    const outside = resultOf('lib', { requires: provides, provides: ['perl(C)'] });
    expect(pointers(specs, [outside, resultOf('beta', { provides })])).toEqual({
      'perl(A)': ['beta'],
      'perl(B)': ['beta'],
    });
  });

  it('are none where a spec or the toolchain provides', () => {
    const app = madeUpSpec('app', ['perl(strict)', 'php(api)', 'plain', '/usr/bin/tool']);
    const lib = madeUpSpec('lib', [], { lib: { provides: ['php(api) = 1'] } });
    const beta = resultOf('beta', {
      provides: ['perl(strict)', 'php(api)', 'plain'],
      files: ['/bin/tool', '/usr/bin/other'],
    });
    expect(pointers([app, lib, madeUpSpec('beta')], [beta])).toEqual({ '/usr/bin/tool': ['beta'] });
  });
});
