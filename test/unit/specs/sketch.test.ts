import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sketchSpec } from '../../../src/shared/specs/sketch.ts';

const found = { package: 'torn', specsDir: 'SPECS', path: 'torn/torn.spec' };

/** The RPMs of a sketch, with what they provide. */
function rpmsOf(text: string): Record<string, readonly string[]> {
  return Object.fromEntries(sketchSpec(found, text).packages.map((one) => [one.name, one.provides]));
}

describe('the sketch of a spec that does not parse', () => {
  it('has the RPMs and Provides that its lines name, without versions', () => {
    const text = [
      '%global base library',
      'Name: %{base}',
      'Version: %{of_nowhere}',
      'Provides: api = %{version}-%{release}, other(x) >= 3',
      '%if 1',
      '%package devel',
      'Provides: %{name}-static = 1  pkgconfig(%{base})',
      '%package -n python3-%{base}',
      '%package -n %{unknown}-part',
      '%description devel',
    ].join('\n');
    expect(rpmsOf(text)).toEqual({
      library: ['api', 'other(x)'],
      'library-devel': ['library-static', 'pkgconfig(library)'],
      'python3-library': [],
      '%{unknown}-part': [],
    });
    expect(sketchSpec(found, text)).toMatchObject({ ...found, name: 'library', version: '' });
  });

  it('of nothing has one RPM of its name', () => {
    expect(rpmsOf('')).toEqual({ torn: [] });
    expect(rpmsOf('%package devel')).toEqual({ torn: [], 'torn-devel': [] });
  });

  it('ends at any text, also where macros name each other', () => {
    expect(rpmsOf('%define a %b\n%define b %a\nName: %a')).toBeTypeOf('object');
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(sketchSpec(found, text).package).toBe('torn');
      }),
    );
  });
});
