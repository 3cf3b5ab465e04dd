import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestOf, recipe, recipeDigest } from '../../../src/shared/cache-key/recipe.ts';

const shared = new URL('../../../src/shared/', import.meta.url);
const helpers = ['sandbox', 'specs/macros'].flatMap((room) =>
  readdirSync(new URL(`${room}/`, shared))
    // The table of system calls is in it as the filter that is made of it. No build can see its control group,
    // what compares its root, or what lends a device to QEMU.
    .filter(
      (name) =>
        !/\.(?:ts|txt)$|^(?:control-group|lend-device)\.sh$|^root_(?:headers|packages)\.py$/.test(name),
    )
    .map((name) => `${room}/${name}`),
);

/** Each text in a value, with a function that answers the whole value with that text changed. */
function texts(value: unknown, path: string): [string, () => unknown][] {
  if (typeof value !== 'object' || value === null)
    return [[`${path} = ${String(value).slice(0, 40)}`, () => `${value} `]];
  return Object.entries(value).flatMap(([name, inner]) =>
    texts(inner, path === '' ? name : `${path}.${name}`).map(([where, change]): [string, () => unknown] => [
      where,
      () => Object.assign(Array.isArray(value) ? [...value] : { ...value }, { [name]: change() }),
    ]),
  );
}

describe('the recipe of a build', () => {
  it('has these parts: a new one is to be named here, and a lost one missed', () => {
    expect(Object.keys(recipe)).toEqual([
      'macros',
      'staged',
      'srpm',
      'copyStaged',
      'rpms',
      'asRoot',
      'removeArchives',
      'seen',
      'installHelpers',
      'install',
    ]);
  });

  it('gives another digest when any word in it changes', () => {
    expect(digestOf(recipe)).toBe(recipeDigest);
    const changes = texts(recipe, '');
    expect(changes.length).toBeGreaterThan(150);
    const digests = changes.map(([, change]) => digestOf(change() as typeof recipe));
    expect(new Set([recipeDigest, ...digests]).size).toBe(changes.length + 1);
  });

  it.each(helpers)('holds %s', (name) => {
    const text = JSON.stringify(readFileSync(new URL(name, shared), 'utf8'));
    expect(JSON.stringify(recipe)).toContain(text.slice(1, -1));
  });

  it.each([
    '/etc/rpm/macros.zz-azl',
    '/usr/src/azl/SPECS',
    '/usr/src/azl/SOURCES',
    '--ro-bind',
    '--unshare-net',
    '--seccomp',
    'CAP_SETFCAP',
    'SOURCE_DATE_EPOCH',
    '--reuid=70211',
    '--nocheck',
    '--undefine=_unique_build_ids',
    '/azl/run/transaction.py',
  ])('names %s', (word) => expect(JSON.stringify(recipe)).toContain(word));
});
