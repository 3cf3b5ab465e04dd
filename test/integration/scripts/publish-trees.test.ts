import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../../scripts/build-dist.ts';
import { commitAll, git, listFiles } from '../../../scripts/git.ts';
import { mutableUsesIn, publishTrees, releaseTag } from '../../../scripts/publish-trees.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const newFolder = temporaryFolders();

it('the files of a checkout are those that git knows or would, without a repository within', async () => {
  const dir = newFolder();
  writeFileSync(join(dir, '.gitignore'), 'ignored\n');
  for (const name of ['gone', 'kept']) writeFileSync(join(dir, name), '');
  await commitAll(dir, 'first', '2025-01-01T00:00:00Z');
  for (const name of ['ignored', 'new é']) writeFileSync(join(dir, name), '');
  rmSync(join(dir, 'gone'));
  mkdirSync(join(dir, 'within'));
  writeFileSync(join(dir, 'within/file'), '');
  await commitAll(join(dir, 'within'), 'first', '2025-01-01T00:00:00Z');
  expect((await listFiles(dir)).toSorted()).toEqual(['.gitignore', 'kept', 'new é']);
});

describe('publishTrees', () => {
  it('makes a repository of each action and of the workflows, whose last commit is v1', async () => {
    const dir = newFolder();
    const trees = await publishTrees(dir);
    expect([...trees.keys()].toSorted()).toEqual(['actions', 'build-packages', 'compose-image', 'toolchain']);
    for (const [name, tree] of trees) {
      expect(await git(tree, ['rev-list', '--count', '--all'])).toBe(name === 'actions' ? '2' : '1');
      expect(await git(tree, ['rev-parse', 'v1'])).toBe(await git(tree, ['rev-parse', 'main']));
      expect(await git(tree, ['status', '--porcelain', '--ignored'])).toBe('');
      expect(existsSync(join(tree, 'LICENSE'))).toBe(true);
      expect(existsSync(join(tree, 'README.md'))).toBe(true);
      expect(existsSync(join(tree, 'src'))).toBe(false);
    }
    const plan = readFileSync(join(dir, 'build-packages/plan/action.yml'), 'utf8');
    expect(existsSync(join(dir, 'build-packages/plan', /main: (\S+)/.exec(plan)?.[1] ?? ''))).toBe(true);
    expect(readdirSync(join(dir, 'actions/.github/workflows'))).not.toContain('nightly.yml');
  });

  it('makes workflows that name commits of this release alone, and a tag that keeps them', async () => {
    const trees = await publishTrees(newFolder());
    const actions = trees.get('actions') as string;
    const tag = releaseTag(await git(repository, ['rev-parse', 'HEAD']));
    let found = 0;
    for (const path of (await listFiles(actions)).filter((one) => one.endsWith('.yml'))) {
      const text = readFileSync(join(actions, path), 'utf8');
      for (const [, name = '', inside = '', commit = '', comment] of text.matchAll(
        /uses: azl\/([^/@\s]+)(?:\/([^@\s]+))?@(\S+)(?: # (\S+))?$/gm,
      )) {
        found++;
        expect(comment).toBe(tag);
        const tree = trees.get(name) as string;
        // The tag of the release holds the commit, and the commit what is called.
        await git(tree, ['merge-base', '--is-ancestor', commit, tag]);
        const called = inside.endsWith('.yml') ? inside : join(inside, 'action.yml');
        expect(await git(tree, ['show', `${commit}:${called}`])).toBe(
          await git(tree, ['show', `${tag}:${called}`]),
        );
      }
    }
    expect(found).toBe(9);
    for (const tree of trees.values()) {
      expect(mutableUsesIn(tree)).toEqual([]);
      expect(await git(tree, ['rev-parse', tag])).toBe(await git(tree, ['rev-parse', 'v1']));
    }
  });

  it('finds each call in a tree that a moved tag would change', () => {
    const tree = newFolder();
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    };
    const commit = '0'.repeat(40);
    write(
      '.github/workflows/a.yml',
      `jobs: { a: { uses: azl/actions/x.yml@v1 }, b: { steps: [{ uses: a/b@${commit} }] } }`,
    );
    write(
      'deep/action.yml',
      'runs: { using: composite, steps: [{ uses: ./x }, { run: y }, { uses: a/b@main }] }',
    );
    expect(
      mutableUsesIn(tree)
        .map(({ message }) => message)
        .toSorted(),
    ).toEqual([
      'a: azl/actions/x.yml@v1 is not pinned by a commit',
      'runs step 1: ./x is not pinned by a commit',
      'runs step 3: a/b@main is not pinned by a commit',
    ]);
  });

  it('makes such whose pages link to nothing that is not there', async () => {
    const ours = /^https:\/\/github\.com\/azl\/(?:actions\/blob\/main\/(.*)|([\w-]+))$/;
    const trees = await publishTrees(newFolder());
    let links = 0;
    for (const tree of trees.values()) {
      for (const page of (await listFiles(tree)).filter((path) => path.endsWith('.md'))) {
        const text = readFileSync(join(tree, page), 'utf8');
        for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
          const [whole, path, name = ''] = ours.exec(link) ?? [];
          const there = path === undefined ? trees.get(name) : join(repository, path);
          const target = whole === undefined ? join(tree, dirname(page), link) : there;
          if (whole === undefined && /^https?:/.test(link)) continue;
          links++;
          expect(existsSync(target ?? ''), `${page}: ${link}`).toBe(true);
        }
      }
    }
    expect(links).toBeGreaterThan(10);
  });

  it('makes the same again, in the place of what it made and of nothing else', async () => {
    const dir = newFolder();
    writeFileSync(join(dir, 'other'), '');
    mkdirSync(join(dir, 'actions'));
    const heads = async (trees: Map<string, string>) =>
      await Promise.all([...trees.values()].map((tree) => git(tree, ['rev-parse', 'v1'])));
    const first = await heads(await publishTrees(dir));
    expect(await heads(await publishTrees(dir))).toEqual(first);
    expect(readdirSync(dir).toSorted()).toEqual(
      ['actions', 'build-packages', 'compose-image', 'other', 'toolchain'].toSorted(),
    );
  });

  it.each([
    ['somebody put a file there', (tree: string) => writeFileSync(join(tree, 'mine'), '')],
    ['somebody changed a file', (tree: string) => writeFileSync(join(tree, 'README.md'), '')],
    [
      'somebody committed',
      async (tree: string) => {
        const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.invalid'];
        await git(tree, [...who, 'commit', '--quiet', '--allow-empty', '--message=mine']);
      },
    ],
  ])('replaces nothing when %s', async (_, change) => {
    const dir = newFolder();
    const trees = await publishTrees(dir);
    const tree = trees.get('toolchain') as string;
    await change(tree);
    const before = await git(tree, ['rev-parse', 'HEAD']);
    await expect(publishTrees(dir)).rejects.toThrow(
      `${tree}: This folder was not made by make publish-trees`,
    );
    expect(await git(tree, ['rev-parse', 'HEAD'])).toBe(before);
  });

  it('replaces no folder that was there before', async () => {
    const dir = newFolder();
    mkdirSync(join(dir, 'toolchain'));
    writeFileSync(join(dir, 'toolchain/mine'), '');
    await expect(publishTrees(dir)).rejects.toThrow('Move it away, or give another folder as DIR.');
    expect(readdirSync(dir)).toEqual(['toolchain']);
  });
});
