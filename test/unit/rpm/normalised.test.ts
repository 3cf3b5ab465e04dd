import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newTurn } from '../../../src/shared/base/turns.ts';
import { parseFront } from '../../../src/shared/rpm/header.ts';
import {
  normalisedFront as frontOf,
  normalisedRelease,
  withoutNormalisedRelease,
} from '../../../src/shared/rpm/normalised.ts';
import { outputDigest as digestOf } from '../../../src/shared/rpm/output-digest.ts';
import { decodeTag, type TagValue } from '../../../src/shared/rpm/tag-values.ts';
import { dependencyTags, tags } from '../../../src/shared/rpm/tags.ts';
import { type MadeTag, madeHeader } from '../../support/made-header.ts';

const header = (made: MadeTag[]) => madeHeader(made);
const normalisedFront = (main: ReturnType<typeof header>) => frontOf(main, newTurn());
const outputDigest = (main: ReturnType<typeof header>) => digestOf(main, newTurn());

/** The tags of a normalised copy, by number. */
async function seen(made: MadeTag[]): Promise<Record<number, TagValue>> {
  const { main } = await parseFront(await normalisedFront(header(made)));
  return Object.fromEntries(main.tags.map((tag) => [tag.tag, decodeTag(tag)]));
}

const own = (release: string): MadeTag[] => [
  [tags.name, 6, ['foo']],
  [tags.version, 6, ['1.0']],
  [tags.release, 6, [release]],
  [tags.sourceRpm, 6, [`main-7-${release}.src.rpm`]],
];

describe('a message of rpm about a build root', () => {
  it('names RPMs without the release that only builds see', () => {
    const given = `file /opt/a conflicts between a-1-${normalisedRelease}.noarch and b-1-${normalisedRelease}.noarch`;
    expect(withoutNormalisedRelease(given)).toBe('file /opt/a conflicts between a-1.noarch and b-1.noarch');
  });
});

describe('the normalised front of an RPM', () => {
  it('has the constant release, and the own version without a release wherever a dependency names it', async () => {
    const { version, name } = dependencyTags.require;
    const made: MadeTag[] = [
      ...own('5.azl3'),
      [version, 8, ['1.0-5.azl3', '3:7-5.azl3', '2.0-5.azl3', '']],
      [name, 8, ['foo-libs', 'main', 'other', '(foo-libs = 1.0-5.azl3 if (bar >= 4-5.azl3))']],
    ];
    expect(await seen(made)).toMatchObject({
      [tags.release]: { values: [normalisedRelease] },
      [tags.sourceRpm]: { values: [`main-7-${normalisedRelease}.src.rpm`] },
      [version]: { values: ['1.0', '3:7', '2.0-5.azl3', ''] },
      [name]: { values: ['foo-libs', 'main', 'other', '(foo-libs = 1.0 if (bar >= 4-5.azl3))'] },
    });
  });

  it('has no tag that no build sees, and every other one as it is', async () => {
    const kept: MadeTag[] = [
      [tags.fileModes, 3, [0o100644, 0o40755]],
      [5009, 5, [123456789012]],
      [1009, 4, [4096]],
      [1024, 6, ['echo 1.0-1']],
      [1016, 9, ['Unspecified', 'Unbekannt']],
      [9999, 7, Buffer.from([1, 2, 3])],
    ];
    const gone: MadeTag[] = [
      [tags.summary, 9, ['text']],
      [tags.buildTime, 4, [1]],
      [tags.changelogText, 8, ['- x']],
      [tags.payloadDigest, 8, ['abc']],
    ];
    const made = await seen([...own('1'), ...kept, ...gone]);
    for (const [tag] of gone) expect(made[tag]).toBeUndefined();
    const before = Object.fromEntries(header([...kept]).tags.map((tag) => [tag.tag, decodeTag(tag)]));
    expect(made).toMatchObject(before);
  });

  const release = fc.stringMatching(/^[1-9][0-9]{0,2}(\.[a-z]{1,3}[0-9])?$/);
  const text = fc.stringMatching(/^[a-z]{0,6}$/);
  /** An RPM of a release, with texts that no build sees, and requirements that may name the release. */
  const rpm = (one: string, unseen: string, named: readonly string[], other: string): MadeTag[] => [
    ...own(one),
    [tags.summary, 9, [unseen]],
    [tags.description, 9, [`${unseen}${unseen}`]],
    [tags.buildTime, 4, [unseen.length]],
    [tags.changelogText, 8, [unseen, 'x']],
    [tags.fileInodes, 4, [unseen.length + 3, unseen.length + 1, unseen.length + 3]],
    ...Object.values(dependencyTags).flatMap(({ name, version }): MadeTag[] => [
      [name, 8, named.map((each) => `(${each} = 1.0-${one} if x >= 7-${one})`)],
      [version, 8, named.map((each) => (each.length > 2 ? `2:1.0-${one}` : each))],
    ]),
    [9999, 6, [other]],
  ];

  it('is the same, byte for byte, for two RPMs with one output digest, and for no others', async () => {
    const parts = fc.tuple(release, release, text, text, fc.array(text, { minLength: 1 }), text, text);
    await fc.assert(
      fc.asyncProperty(parts, async ([first, second, unseen, changed, named, one, other]) => {
        const before = header(rpm(first, unseen, named, one));
        expect(await outputDigest(header(rpm(second, changed, named, one)))).toBe(await outputDigest(before));
        const after = header(rpm(second, changed, named, other));
        const same = (await outputDigest(after)) === (await outputDigest(before));
        expect((await normalisedFront(after)).equals(await normalisedFront(before))).toBe(same);
        expect(same).toBe(one === other);
      }),
    );
  });

  it('is read by our own reader of RPMs, and stays as it is when it is made again', async () => {
    const once = await normalisedFront(header(rpm('3', 'x', ['abc'], 'y')));
    expect((await parseFront(once)).payload).toBe(once.length);
    expect((await normalisedFront((await parseFront(once)).main)).equals(once)).toBe(true);
  });
});
