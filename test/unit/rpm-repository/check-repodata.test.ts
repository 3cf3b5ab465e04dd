import { describe, expect, it } from 'vitest';
import {
  type ListEntry,
  listDifferences,
  readList,
} from '../../../src/shared/rpm-repository/write/check-repodata.ts';

const entry = (name: string, digest: string, paths: number | undefined): ListEntry => {
  return { nevra: `${name}-0:1-2.noarch`, digest, paths };
};
const files = [entry('a', 'x', 2), entry('b', 'y', 0)];

describe('a list of a repository', () => {
  it.each<[string, ListEntry[], number, string[]]>([
    ['is complete', files, 2, []],
    ['is complete without paths', [entry('b', 'y', undefined), entry('a', 'x', undefined)], 2, []],
    ['lacks one', [files[0] as ListEntry], 1, ['b-0:1-2.noarch is not in l.xml']],
    [
      'has another digest',
      [entry('a', 'z', 2), entry('b', 'y', 0)],
      2,
      ['a-0:1-2.noarch is not in l.xml', 'a-0:1-2.noarch is in l.xml and no file'],
    ],
    [
      'has another name',
      [entry('c', 'x', 2), entry('b', 'y', 0)],
      2,
      ['a-0:1-2.noarch is c-0:1-2.noarch in l.xml'],
    ],
    [
      'has fewer paths',
      [entry('a', 'x', 1), entry('b', 'y', 0)],
      2,
      ['a-0:1-2.noarch has 2 paths, and 1 in l.xml'],
    ],
    ['has one twice', [...files, entry('a', 'x', 2)], 3, ['1 packages are twice in l.xml']],
    ['states another number', files, 3, ['l.xml has 2 packages and states 3']],
  ])('%s', (_, entries, count, differences) => {
    expect(listDifferences('l', { count, entries }, files)).toEqual(differences);
  });

  it('is read, whatever its type', async () => {
    const primary = `<metadata packages="1"><package type="rpm"><name>a</name><arch>noarch</arch><version epoch="3" ver="1" rel="2"/>
      <checksum type="sha256" pkgid="YES">x</checksum><format><file>/in/primary</file></format></package></metadata>`;
    const list = (inner: string) =>
      `<list packages="1"><package pkgid="x" name="a" arch="noarch"><version epoch="3" ver="1" rel="2"/>${inner}</package></list>`;
    const read = async (text: string, type: string) => (await readList([text], type, 1000)).entries;
    const nevra = 'a-3:1-2.noarch';
    expect(await read(primary, 'primary')).toEqual([{ nevra, digest: 'x', paths: undefined }]);
    expect(await read(list('<file type="dir">/a</file><file>/b</file>'), 'filelists')).toEqual([
      { nevra, digest: 'x', paths: 2 },
    ]);
    expect(await read(list('<changelog author="x" date="1">file</changelog>'), 'other')).toEqual([
      { nevra, digest: 'x', paths: undefined },
    ]);
    await expect(read('<list packages="1"><package>\u0007</package></list>', 'other')).rejects.toThrow(
      /no sound XML/,
    );
  });
});
