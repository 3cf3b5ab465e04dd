import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { findSpecs, specFile } from '../../../src/shared/specs/find.ts';
import { writeTree } from '../../support/trees.ts';

let dir: string;
let specs: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-find-'));
  specs = join(dir, 'SPECS');
  await mkdir(specs, { mode: 0o755 });
});
afterEach(async () => await rm(dir, { recursive: true }));

const find = async () => {
  const { files, errors } = await findSpecs([specs]);
  return {
    paths: files.map(({ path }) => path),
    said: errors.map(({ problem }) => formatProblem(problem).replaceAll(`${dir}/`, '')),
  };
};

describe('finding specs', () => {
  it('takes specs in the folder and one level below, several in one folder, in a fixed order', async () => {
    const paths = ['b/b.spec', 'a/z.spec', 'a/a.spec', 'c.spec', 'a/deep/er.spec', 'a/a.patch', 'README'];
    await writeTree(specs, Object.fromEntries(paths.map((path) => [path, ''])));
    expect(await find()).toEqual({ paths: ['a/a.spec', 'a/z.spec', 'b/b.spec', 'c.spec'], said: [] });
  });

  it('says so when there is no folder, or nothing in it', async () => {
    expect((await find()).said).toEqual([expect.stringMatching(/^SPECS: the folder holds no spec\. \S/)]);
    specs = join(dir, 'SPEC');
    expect((await find()).said).toEqual([
      expect.stringMatching(/^SPEC: there is no such folder of specs\. \S/),
    ]);
  });

  it('refuses names that are not plain, shown so that nothing acts on them', async () => {
    const hostile = ['-rf.spec', 'a\nb.spec', '$(touch x).spec', '.spec', 'a b.spec', '..a.spec'];
    await writeTree(specs, Object.fromEntries(hostile.map((name) => [name, ''])));
    await writeTree(specs, { 'good/good.spec': '', 'bad folder/x.spec': '', 'odd folder/README': '' });
    await writeFile(
      Buffer.concat([Buffer.from(`${specs}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.spec')]),
      '',
    );
    const { paths, said } = await find();
    expect(paths).toEqual(['good/good.spec']);
    expect(said.length).toBe(hostile.length + 2);
    expect(said.every((line) => !/\p{Cc}/u.test(line) && line.includes('Use letters'))).toBe(true);
  });

  it('follows symbolic links inside the folder only', async () => {
    await writeTree(dir, { 'outside/o.spec': '', 'SPECS/a/a.spec': '' });
    await symlink('a/a.spec', join(specs, 'inside.spec'));
    await symlink('../outside/o.spec', join(specs, 'out.spec'));
    await symlink('nowhere', join(specs, 'dangling.spec'));
    await symlink('loop', join(specs, 'loop'));
    await symlink('../outside', join(specs, 'folder'));
    await mkdir(join(specs, 'dir.spec'));
    const { paths, said } = await find();
    expect(paths).toEqual(['a/a.spec', 'inside.spec']);
    expect(said).toEqual([
      expect.stringContaining('SPECS/dangling.spec: this symbolic link leads nowhere'),
      expect.stringContaining('SPECS/dir.spec: this is no file'),
      expect.stringContaining('SPECS/folder/o.spec: this symbolic link leads out'),
      expect.stringContaining('SPECS/out.spec: this symbolic link leads out'),
    ]);
  });

  it('refuses two specs of one name, naming both', async () => {
    await writeTree(specs, { 'a/x.spec': '', 'b/x.spec': '' });
    expect((await find()).said).toEqual([
      expect.stringMatching(/^SPECS\/b\/x\.spec: this spec has the same name as SPECS\/a\/x\.spec\./),
    ]);
  });

  it('takes the one in the earlier of two folders, and warns of each other, naming both', async () => {
    const paths = ['SPECS/a/a.spec', 'SPECS/b/b.spec', 'MORE/x/a.spec', 'MORE/c/c.spec', 'LAST/a.spec'];
    await writeTree(dir, Object.fromEntries(paths.map((path) => [path, ''])));
    const folders = ['SPECS', 'MORE', 'LAST'].map((name) => join(dir, name));
    const { files, errors, replaced } = await findSpecs(folders);
    const below = (path: string) => path.replaceAll(`${dir}/`, '');
    expect(files.map(specFile).map(below)).toEqual(['SPECS/a/a.spec', 'SPECS/b/b.spec', 'MORE/c/c.spec']);
    expect(errors).toEqual([]);
    expect(replaced.map(formatProblem).map(below)).toEqual(
      ['MORE/x/a.spec', 'LAST/a.spec'].map(
        (path) =>
          `${path}: this spec is left out: SPECS/a/a.spec has the same name, in an earlier folder of specs-dir`,
      ),
    );
  });

  it('names the one folder of several that is not there, or is empty', async () => {
    await writeTree(specs, { 'a/a.spec': '' });
    await mkdir(join(dir, 'EMPTY'));
    const { files, errors } = await findSpecs([specs, join(dir, 'EMPTY'), join(dir, 'absent')]);
    expect(files).toHaveLength(1);
    expect(errors.map(({ problem }) => problem.file)).toEqual([join(dir, 'EMPTY'), join(dir, 'absent')]);
  });

  it('takes what its owner alone can read: the parser is given a copy', async () => {
    await writeTree(specs, { 'a/a.spec': '', 'b/b.spec': '' });
    await chmod(join(specs, 'a/a.spec'), 0o600);
    await chmod(join(specs, 'b'), 0o700);
    expect((await find()).said).toEqual([]);
  });
});
