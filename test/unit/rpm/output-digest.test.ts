import { describe, expect, it } from 'vitest';
import { newTurn } from '../../../src/shared/base/turns.ts';
import { outputDigest } from '../../../src/shared/rpm/output-digest.ts';
import { dependencyTags } from '../../../src/shared/rpm/tags.ts';
import { type MadeTag, madeHeader } from '../../support/made-header.ts';

const digest = (...tags: MadeTag[]) => outputDigest(madeHeader(tags), newTurn());

const own = (release: string, version = '1.0', source = `foo-${version}-${release}.src.rpm`): MadeTag[] => [
  [1000, 6, ['foo']],
  [1001, 6, [version]],
  [1002, 6, [release]],
  [1044, 6, [source]],
];

describe('the output digest', () => {
  it.each([
    ['SIGPGP', 259],
    ['SIGMD5', 261],
    ['SIGGPG', 262],
    ['DSAHEADER', 267],
    ['RSAHEADER', 268],
    ['SHA1HEADER', 269],
    ['SHA256HEADER', 273],
    ['SUMMARY', 1004],
    ['DESCRIPTION', 1005],
    ['BUILDTIME', 1006],
    ['BUILDHOST', 1007],
    ['PACKAGER', 1015],
    ['URL', 1020],
    ['CHANGELOGTIME', 1080],
    ['CHANGELOGNAME', 1081],
    ['CHANGELOGTEXT', 1082],
    ['COOKIE', 1094],
    ['SOURCEPKGID', 1146],
    ['PAYLOADDIGEST', 5092],
    ['PAYLOADDIGESTALT', 5097],
  ])('does not see %s', async (_, tag) => {
    const without = await digest(...own('1'));
    expect(await digest(...own('1'), [tag, 6, ['a']])).toBe(without);
    expect(await digest(...own('1'), [tag, 6, ['b']])).toBe(without);
  });

  it('sees every other tag, known or not, its type, its count and its presence', async () => {
    const unseen = new Set([259, 261, 262, 267, 268, 269, 273, 1004, 1005, 1006, 1007, 1015, 1020]);
    for (const tag of [1080, 1081, 1082, 1094, 1146, 5092, 5097, 1000, 1001, 1002, 1044]) unseen.add(tag);
    const base = await digest(...own('1'));
    const seen = [
      ...Array.from({ length: 200 }, (_, i) => 100 + i),
      ...Array.from({ length: 400 }, (_, i) => 1000 + i),
    ];
    for (const tag of [...seen, ...Array.from({ length: 300 }, (_, i) => 5000 + i), 9999, 0x7fffffff]) {
      if (unseen.has(tag)) continue;
      const digests = await Promise.all([
        base,
        digest(...own('1'), [tag, 8, ['a']]),
        digest(...own('1'), [tag, 8, ['b']]),
        digest(...own('1'), [tag, 8, ['a', '']]),
        digest(...own('1'), [tag, 9, ['a']]),
        digest(...own('1'), [tag, 7, Buffer.from('a\0')]),
      ]);
      expect(new Set(digests).size, `tag ${tag}`).toBe(digests.length);
    }
  });

  it('does not depend on the order of tags', async () => {
    expect(await digest(...own('1').reverse())).toBe(await digest(...own('1')));
  });

  it('does not see the own release', async () => {
    expect(await digest(...own('2.azl3'))).toBe(await digest(...own('1')));
    expect(await digest(...own('1', '1.1'))).not.toBe(await digest(...own('1')));
    const nosrc = (release: string) => digest(...own(release, '1.0', `foo-1.0-${release}.nosrc.rpm`));
    expect(await nosrc('2')).toBe(await nosrc('1'));
    expect(await nosrc('1')).not.toBe(await digest(...own('1')));
  });

  it.each(Object.entries(dependencyTags))('does not see it in a %s', async (_, { version, name }) => {
    const states = (release: string, evr: string) => digest(...own(release), [version, 8, ['1', evr, '']]);
    expect(await states('2', '1.0-2')).toBe(await states('1', '1.0-1'));
    expect(await states('2', '5:1.0-2')).toBe(await states('1', '5:1.0-1'));
    expect(await states('2', '5:1.0-2')).not.toBe(await states('1', '1.0-1'));
    expect(await states('2', '1.0-1')).not.toBe(await states('1', '1.0-1'));
    expect(await states('1', '1.0-2')).not.toBe(await states('1', '1.0-1'));
    expect(await states('1', '1.0-11')).not.toBe(await states('1', '1.0-1'));
    expect(await states('1', '11.0-1')).not.toBe(await states('1', '1.0-1'));
    const rich = (release: string, evr: string) =>
      digest(...own(release), [name, 8, [`(foo-libs = ${evr} if bar)`]]);
    expect(await rich('2', '1.0-2')).toBe(await rich('1', '1.0-1'));
    expect(await rich('2', '1.0-1')).not.toBe(await rich('1', '1.0-1'));
  });

  it('knows the version-release of the SRPM, too', async () => {
    const sub = (release: string) =>
      digest(...own(release, '7.7', `main-1.0-${release}.src.rpm`), [1050, 8, [`4:1.0-${release}`]]);
    expect(await sub('2')).toBe(await sub('1'));
  });

  it('sees which files are hard links of each other, not the numbers of their inodes', async () => {
    const files = (inodes: number[], devices = [1, 1, 1]) =>
      digest(...own('1'), [1095, 4, devices], [1096, 4, inodes]);
    expect(await files([7, 9, 7])).toBe(await files([1, 2, 1]));
    expect(await files([7, 9, 7])).not.toBe(await files([1, 2, 3]));
    expect(await files([7, 7, 9])).not.toBe(await files([7, 9, 7]));
    expect(await files([1, 1, 2], [1, 2, 1])).not.toBe(await files([1, 1, 2]));
  });

  it('sees a release in any other text', async () => {
    expect(await digest(...own('2'), [1024, 6, ['echo 1.0-2']])).not.toBe(
      await digest(...own('1'), [1024, 6, ['echo 1.0-1']]),
    );
    expect(await digest(...own('2'), [1117, 8, ['1.0-2']])).not.toBe(
      await digest(...own('1'), [1117, 8, ['1.0-1']]),
    );
  });
});
