import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actArguments } from '../../../scripts/act/run-act.ts';
import { readableForAct } from '../../../scripts/act/trees.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { treesOf } from '../../../scripts/publish-trees.ts';
import { publishedLinks } from '../../../scripts/published-links.ts';
import { fetchesItself } from '../../../scripts/tools.ts';
import { builtBy, jobsIn, mostAtOnce } from '../../support/act.ts';

describe('the trees that are published', () => {
  it('are each action without its sources, and the reusable workflows with the docs', () => {
    const files = [
      'actions/b/dist/index.js',
      'actions/b/action.yml',
      'actions/b/src/entries.ts',
      'actions/b/plan/action.yml',
      'actions/b/plan/src/kept.ts',
      '.github/workflows/called.yml',
      '.github/workflows/nightly.yml',
      '.github/zizmor.yml',
      'docs/a.md',
      'src/actions/c/action.yml',
    ];
    const trees = treesOf(files, (path) => path.endsWith('called.yml'));
    expect(Object.fromEntries([...trees].map(([name, tree]) => [name, Object.fromEntries(tree)]))).toEqual({
      actions: {
        LICENSE: 'LICENSE',
        'README.md': 'README.md',
        '.github/workflows/called.yml': '.github/workflows/called.yml',
        'docs/a.md': 'docs/a.md',
      },
      b: {
        LICENSE: 'LICENSE',
        'action.yml': 'actions/b/action.yml',
        'dist/index.js': 'actions/b/dist/index.js',
        'plan/action.yml': 'actions/b/plan/action.yml',
        'plan/src/kept.ts': 'actions/b/plan/src/kept.ts',
      },
    });
  });

  const action = new Map([
    ['README.md', 'actions/b/README.md'],
    ['plan/action.yml', 'actions/b/plan/action.yml'],
  ]);
  const actions = new Map(['README.md', 'docs/a.md', 'docs/b.md'].map((path) => [path, path]));
  const main = 'https://github.com/azl/actions/blob/main';
  it.each([
    ['actions/b/README.md', action, '../../docs/a.md', `${main}/docs/a.md`],
    ['actions/b/README.md', action, '../../docs/a.md#part', `${main}/docs/a.md#part`],
    ['actions/b/README.md', action, 'plan/action.yml', 'plan/action.yml'],
    ['actions/b/README.md', action, '../c', 'https://github.com/azl/c'],
    ['actions/b/README.md', action, '#part', '#part'],
    ['actions/b/README.md', action, 'https://docs.example/a', 'https://docs.example/a'],
    ['README.md', actions, 'docs/a.md', 'docs/a.md'],
    ['README.md', actions, 'actions/b', 'https://github.com/azl/b'],
    ['README.md', actions, 'CONTRIBUTING.md', `${main}/CONTRIBUTING.md`],
    ['docs/a.md', actions, 'b.md', 'b.md'],
    ['docs/a.md', actions, '../README.md#x', '../README.md#x'],
    ['docs/a.md', actions, '../.github/workflows/x.yml', `${main}/.github/workflows/x.yml`],
  ])('in %s link to what is there: %#', (from, tree, link, published) => {
    expect(publishedLinks(`a [b](${link}), [c](${link}).`, from, tree)).toBe(
      `a [b](${published}), [c](${published}).`,
    );
  });
});

describe('act', () => {
  it('is told where everything is', () => {
    const run = {
      ...{ dir: '/d', workflow: 'w.yml', event: 'push', scratch: '/s', token: 't' },
      repositories: new Map([['azl/a@v1', '/trees/a']]),
      environment: { A: 'b=c', GITHUB_RUN_ID: '7' },
    };
    expect(actArguments(run, '/s/event.json').join(' ')).toBe(
      'push --workflows w.yml --eventpath /s/event.json --platform ubuntu-24.04=-self-hosted --concurrent-jobs 4 ' +
        '--no-cache-server --action-cache-path /s/cache --secret GITHUB_TOKEN=t ' +
        '--local-repository azl/a@v1=/trees/a --env A=b=c --env GITHUB_RUN_ID=7',
    );
    expect(actArguments({ ...run, json: true }, '')).toContain('--json');
  });

  it('gets the workflow that has matrices with a number of jobs at once', () => {
    const text = readFileSync(join(repository, '.github/workflows/build-packages.yml'), 'utf8');
    const lines = (of: string) => of.split('\n').filter((line) => line.includes('max-parallel'));
    expect(lines(text).length).toBe(2);
    expect(lines(readableForAct(text))).toEqual(Array(2).fill('      max-parallel: 4'));
  });
});

describe('a log of act', () => {
  const line = (second: number, msg: string, more: object) =>
    JSON.stringify({ time: new Date(second * 1000).toISOString(), msg, ...more });
  const shard = (id: number) => ({ jobID: 'shard', job: 'packages/shard', matrix: { shard: id } });
  const log = [
    'no JSON',
    line(0, 'of no job', {}),
    line(1, 'one\n', shard(1)),
    line(2, 'bash: built in 0:03\n', shard(2)),
    line(3, 'gcc: built in 1:03\n', shard(1)),
    line(4, 'other', { jobID: 'shard', job: 'others/shard', matrix: { shard: 1 } }),
    line(5, 'not acl: built in', shard(2)),
    line(5, '  ⚙  Summary - a page', { ...shard(2), command: 'summary', content: '### A page\n' }),
  ];

  it('holds the jobs, each with its lines, its page and its time', () => {
    const of = (id: number) => ({ id: 'shard', matrix: { shard: id }, page: '' });
    expect(jobsIn(log)).toEqual([
      { ...of(1), from: 1, to: 3, said: 'one\ngcc: built in 1:03\n' },
      { ...of(2), from: 2, to: 5, said: 'bash: built in 0:03\nnot acl: built in\n', page: '### A page\n' },
      { ...of(1), from: 4, to: 4, said: 'other\n' },
    ]);
    expect(jobsIn(log).map(builtBy)).toEqual([['gcc'], ['bash'], []]);
  });

  it.each([
    ['none', [], 0],
    [
      'one after the other',
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      1,
    ],
    [
      'two and two, never three',
      [
        [0, 2],
        [1, 4],
        [3, 5],
      ],
      2,
    ],
    [
      'three, one within another',
      [
        [0, 9],
        [1, 8],
        [2, 3],
      ],
      3,
    ],
  ])('says how many were at work at once: %s', (_, spans, most) => {
    expect(mostAtOnce(spans.map(([from = 0, to = 0]) => ({ from, to })))).toBe(most);
  });
});

it.each([
  ['go1.19.8', false],
  ['go1.20', false],
  ['go1.21.0', true],
  ['go1.26.8', true],
  ['go2.0', true],
  ['', false],
])('Go %j brings a newer one by itself: %s', (version, does) => {
  expect(fetchesItself(version)).toBe(does);
});
