import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisions } from '../../../src/shared/cache-key/decisions.ts';
import { type KeyInput, keyComponents, keyOf } from '../../../src/shared/cache-key/key.ts';
import { keyText, reasonToBuild } from '../../../src/shared/cache-key/reason.ts';
import { madeUpRpm, madeUpSpec } from '../../support/made-up.ts';

const input = (): KeyInput => ({
  spec: {
    ...madeUpSpec('app', ['lib']),
    sources: [{ name: 'app.tar.gz', kind: 'source', number: 0 }],
    includes: [{ name: 'common.inc', digest: 'include' }],
    excluded: 'no',
    generates: true,
    versionMacros: { azl_lib_version: '1.0' },
  },
  sources: { 'app.tar.gz': 'digest' },
  arch: 'x86_64',
  defines: { dist: '.azl3', azl: '3' },
  recipe: 'recipe',
  workerDigest: 'worker',
  policies: ['build-as-root'],
  brokenCycles: ['m4'],
  installed: [madeUpRpm('gcc'), madeUpRpm('lib')],
  releaseAware: false,
});

const key = (one: KeyInput) => keyOf(keyComponents(one));

/** Another value of the same shape, that means something else. */
function changed(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value} changed`;
  if (Array.isArray(value)) return typeof value[0] === 'object' ? [] : [...value, 'azl'];
  return { ...(value as object), 'app.tar.gz': 'other', dist: 'other' };
}

describe('every field has a decision, and the key keeps to it', () => {
  const original = key(input());
  const sees = (decision: string) => decision === 'in';

  it.each(Object.entries(decisions.KeyInput))('KeyInput.%s: %s', (field, decision) => {
    const one = input();
    const spec = { ...one.spec, digest: 'other' };
    const other = { ...one, [field]: field === 'spec' ? spec : changed(one[field as keyof KeyInput]) };
    expect(key(other) !== original).toBe(sees(decision));
  });

  it.each(Object.entries(decisions.Spec))('Spec.%s: %s', (field, decision) => {
    const one = input();
    const spec = { ...one.spec, [field]: changed(one.spec[field as keyof typeof one.spec]) };
    expect(key({ ...one, spec }) !== original).toBe(sees(decision));
  });

  it.each(Object.entries(decisions.Rpm))('Rpm.%s: %s', (field, decision) => {
    const one = input();
    const [gcc, lib] = one.installed as [(typeof one.installed)[0], (typeof one.installed)[0]];
    const rpm = { ...lib, [field]: changed(lib[field as keyof typeof lib]) };
    expect(key({ ...one, installed: [gcc, rpm] }) !== original).toBe(sees(decision));
  });

  it('lists every field there is', () => {
    expect(Object.keys(decisions.KeyInput).sort()).toEqual(Object.keys(input()).sort());
    expect(Object.keys(decisions.Spec).sort()).toEqual(Object.keys(input().spec).sort());
    expect(Object.keys(decisions.Rpm).sort()).toEqual(Object.keys(madeUpRpm('x')).sort());
  });
});

describe('a key', () => {
  it('does not see the release of a dependency, not even where a requirement names one', () => {
    const bumped = { ...input(), installed: [madeUpRpm('gcc'), madeUpRpm('lib', { release: '2' })] };
    expect(key(bumped)).toBe(key(input()));
    const naming = (one: KeyInput) => ({ ...one, spec: { ...one.spec, buildRequires: ['lib = 1.0-1'] } });
    expect(key(naming(bumped))).toBe(key(naming(input())));
  });

  it('sees every byte of a dependency for a release-aware package, and says what changed', () => {
    const aware = { ...input(), releaseAware: true };
    const rebuilt = [madeUpRpm('gcc'), madeUpRpm('lib', { release: '2', shipDigest: 'other' })];
    const [before, after] = [keyComponents(aware), keyComponents({ ...aware, installed: rebuilt })];
    expect(keyOf(after)).not.toBe(keyOf(before));
    expect(reasonToBuild(before, after)).toBe('file of a dependency changed: lib');
  });

  it('sees which sources and included files may be executed', () => {
    const one = input();
    const [source] = one.spec.sources as [(typeof one.spec.sources)[0]];
    const [include] = one.spec.includes as [(typeof one.spec.includes)[0]];
    const programs = [
      { ...one.spec, sources: [{ ...source, executable: true }] },
      { ...one.spec, includes: [{ ...include, executable: true }] },
    ];
    const keys = [key(one), ...programs.map((spec) => key({ ...one, spec }))];
    expect(new Set(keys).size).toBe(3);
  });

  it('does not depend on any order, and no two sets of components read alike', () => {
    const components = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(components, components, (a, b) => {
        const shuffled = Object.fromEntries(Object.entries(a).reverse());
        expect(keyOf(shuffled)).toBe(keyOf(a));
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(keyOf(a) === keyOf(b)).toBe(same);
      }),
    );
  });
});

describe('the reason to build', () => {
  const now = {
    spec: '1',
    'source:a.tar.gz': '1',
    'installed:gcc.x86_64': '1',
    'installed:zlib.x86_64': '1',
  };
  it.each([
    [undefined, now, 'never built before'],
    [{ ...now, spec: '0' }, now, 'spec changed'],
    [{ ...now, 'source:a.tar.gz': '0' }, now, 'source changed: a.tar.gz'],
    [now, { ...now, 'executable:a.sh': 'yes' }, 'executable file changed: new a.sh'],
    [{ ...now, 'installed:zlib.x86_64': '0' }, now, 'dependency changed: zlib'],
    [{ spec: '1' }, { spec: '1', 'installed:lz4.x86_64': '1' }, 'dependency changed: new lz4'],
    [{ 'installed:m4.x86_64': '1' }, { 'installed:m4.noarch': '1' }, 'dependency changed: m4'],
    [{ 'installed:m4.x86_64': '1', 'installed:m4.noarch': '1' }, {}, 'dependency changed: no more m4'],
    [{ spec: '0', 'patch:fix.patch': '1' }, { spec: '1' }, 'spec changed; patch changed: no more fix.patch'],
    [now, now, 'its result is not in the store any more'],
  ])('%#: %s', (before, after, words) => {
    expect(reasonToBuild(before as Record<string, string> | undefined, after)).toBe(words);
  });
});

describe('a key in the debug log', () => {
  it('has every component, and what those that differ were', () => {
    const text = keyText(
      'app',
      'abc',
      { spec: 's2', arch: 'x', worker: 'w' },
      { spec: 's1', arch: 'x', recipe: 'r' },
    );
    expect(text.split('\n')).toEqual([
      'key of app: abc',
      '  spec: s2 (was s1)',
      '  arch: x',
      '  worker: w (was absent)',
      '  recipe: absent now',
    ]);
    expect(keyText('app', 'abc', { spec: 's2' }, undefined)).toBe('key of app: abc\n  spec: s2');
  });
});
