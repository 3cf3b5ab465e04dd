import { expect, it } from 'vitest';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { differences } from '../../../src/shared/specs/differences.ts';
import { madeUpRpm, madeUpSpec } from '../../support/made-up.ts';

const spec = madeUpSpec('app', [], {
  app: { provides: ['app = 1.0-1', 'editor'], requires: ['app-data = 1.0-1'] },
  'app-data': {},
});
const app: Partial<Rpm> = {
  provides: ['app = 1.0-1', 'editor', 'libapp.so.1()(64bit)'],
  requires: ['app-data = 1.0-1', 'libc.so.6()(64bit)'],
};
const data = madeUpRpm('app-data');

it.each<[string, Rpm[], string | undefined]>([
  ['as it was parsed', [madeUpRpm('app', app), data], undefined],
  [
    'with debug packages',
    [madeUpRpm('app', app), data, madeUpRpm('app-debuginfo'), madeUpRpm('app-debugsource')],
    undefined,
  ],
  ['without a package', [madeUpRpm('app', app)], 'app-data is not made'],
  [
    'with a package more',
    [madeUpRpm('app', app), data, madeUpRpm('app-lang-de')],
    'app-lang-de is made and not stated',
  ],
  [
    'in another version',
    [madeUpRpm('app', { ...app, epoch: 1, version: '2.0' }), data],
    'app-1.0-1.x86_64 became app-1:2.0-1.x86_64',
  ],
  [
    'for another architecture',
    [madeUpRpm('app', app), madeUpRpm('app-data', { arch: 'noarch' })],
    'app-data-1.0-1.x86_64 became app-data-1.0-1.noarch',
  ],
  [
    'without what it states',
    [madeUpRpm('app', { provides: ['app = 1.0-1'] }), data],
    "app provides no 'editor', app requires no 'app-data = 1.0-1'",
  ],
  [
    'otherwise in many ways',
    ['a', 'b', 'c', 'd', 'e'].map((name) => madeUpRpm(name)),
    'app is not made, app-data is not made, a is made and not stated, b is made and not stated, c is made and not stated and 2 more',
  ],
])('%s', (_name, rpms, words) => {
  expect(differences(spec, rpms)).toBe(
    words === undefined ? undefined : `app was built otherwise than it was parsed: ${words}`,
  );
});

it('says nothing of a package that the spec only describes', () => {
  const described = {
    ...spec,
    packages: spec.packages.map((one) => ({ ...one, built: one.name === 'app' })),
  };
  expect(differences(described, [madeUpRpm('app', app)])).toBeUndefined();
});
