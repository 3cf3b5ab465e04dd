import { describe, expect, it } from 'vitest';
import {
  assetLimit,
  assetName,
  assetProblems,
  assetSteps,
  type FoundAsset,
  lackingAssets,
  sha256Sums,
  type WantedAsset,
} from '../../../src/shared/release/assets.ts';

const digest = (letter: string) => letter.repeat(64);
const wanted = (name: string, more: Partial<WantedAsset> = {}): WantedAsset => ({
  path: `out/images/${name}`,
  name,
  size: 10,
  sha256: digest('a'),
  ...more,
});
const found = (name: string, more: Partial<FoundAsset> = {}): FoundAsset => ({
  id: 1,
  name,
  size: 10,
  state: 'uploaded',
  digest: `sha256:${digest('a')}`,
  ...more,
});

it.each([
  ['minimal-1.0.raw', 'minimal-1.0.raw'],
  ['image-1.0~rc1.qcow2', 'image-1.0.rc1.qcow2'],
  ['my image (1).raw', 'my.image.1.raw'],
  ['gcc-c++.rpm', 'gcc-c++.rpm'],
  ['.hidden', 'hidden'],
  ['a..b.', 'a.b'],
])('a file %j is the asset %j', (file, name) => {
  expect(assetName(file)).toBe(name);
});

it('SHA256SUMS has the names that the assets have, in order', () => {
  expect(sha256Sums([wanted('b'), wanted('a', { sha256: digest('c') })])).toBe(
    `${digest('c')}  a\n${digest('a')}  b\n`,
  );
});

describe('files that cannot be assets of one release', () => {
  it('are all listed', () => {
    const problems = assetProblems([
      wanted('a', { path: 'one/a' }),
      wanted('a', { path: 'two/a' }),
      wanted('huge', { size: assetLimit }),
      wanted('empty', { size: 0 }),
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      "'two/a' and 'one/a' would both be the asset 'a'",
      expect.stringContaining("'out/images/huge' has 2147483648 bytes"),
      expect.stringContaining("'out/images/empty' is empty"),
    ]);
  });

  it('are no others', () => {
    expect(assetProblems([wanted('a', { size: assetLimit - 1 }), wanted('b')])).toEqual([]);
  });
});

describe('what is done to a release', () => {
  const steps = (have: FoundAsset[], published = false) => assetSteps([wanted('a')], have, published);

  it('is an upload of what is missing', () => {
    expect(steps([])).toEqual({ keep: [], remove: [], upload: [wanted('a')] });
  });

  it.each([
    ['what is right', found('a')],
    ['what is right as far as an old release tells', found('a', { digest: null })],
  ])('is nothing to %s, published or not', (_, there) => {
    for (const published of [false, true])
      expect(steps([there], published)).toEqual({ keep: [wanted('a')], remove: [], upload: [] });
  });

  it.each([
    ['a broken upload', found('a', { state: 'starter', size: 0, digest: null })],
    ['other bytes', found('a', { digest: `sha256:${digest('b')}` })],
    ['another size', found('a', { size: 9, digest: null })],
  ])('replaces %s in a draft', (_, there) => {
    expect(steps([there])).toEqual({ keep: [], remove: [there], upload: [wanted('a')] });
  });

  it('is an error where a published release has something else, and an end to broken uploads', () => {
    expect(() => steps([found('a', { size: 9 })], true)).toThrow("is published and has another 'a'");
    const broken = found('a', { state: 'starter' });
    expect(steps([broken], true)).toEqual({ keep: [], remove: [broken], upload: [wanted('a')] });
  });

  it('leaves alone what nobody asked about', () => {
    expect(steps([found('a'), found('notes.txt')]).remove).toEqual([]);
  });
});

it('what a release lacks is named: what is not there, is not whole, or has other bytes', () => {
  const all = ['a', 'b', 'c', 'd'].map((name) => wanted(name));
  const have = [
    found('a'),
    found('b', { state: 'starter' }),
    found('c', { digest: `sha256:${digest('b')}` }),
  ];
  expect(lackingAssets(have, all)).toEqual(['b', 'c', 'd']);
  expect(lackingAssets([found('a', { digest: null }), found('x')], [wanted('a')])).toEqual([]);
});
