import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, PackagePlan } from '../../../src/shared/model/outcome.ts';
import {
  code,
  fenced,
  inlineText,
  limitList,
  link,
  pageOf,
  pageTable,
} from '../../../src/shared/report/page.ts';
import type { References } from '../../../src/shared/report/references.ts';
import { rootCauses, type SummaryFacts, summaryText } from '../../../src/shared/report/summary.ts';
import { planPage, shardPage, summaryPage } from '../../../src/shared/report/summary-page.ts';
import type { Span } from '../../../src/shared/report/timeline.ts';

const result = { seconds: 90 } as never;
const outcomes = new Map<string, Outcome>([
  ['a-small', { state: 'failed', reason: '%check failed', seconds: 3 }],
  ['late', { state: 'left', reason: 'no shard came to it' }],
  ['made', { state: 'built', reason: 'its spec | changed', result }],
  ['old', { state: 'reused', reason: 'nothing changed', result }],
  ['stopped-1', { state: 'blocked', reason: 'needs z-big', rootCauses: ['z-big'] }],
  ['stopped-2', { state: 'blocked', reason: 'needs both', rootCauses: ['z-big', 'a-small'] }],
  [
    'z-big',
    {
      state: 'failed',
      reason: '%build failed',
      kind: 'build',
      line: 12,
      seconds: 75,
      log: 'build/logs/z-big.log',
    },
  ],
]);
const facts: SummaryFacts = {
  ...{
    seconds: 754,
    failedChecks: [],
    rpmsDir: 'out/RPMS',
    storedWithoutDebug: [],
    artifacts: ['azl-rpms-x86_64'],
  },
  linesOf: (name) => (name === 'z-big' ? ['cc: error: no ```semicolon```'] : []),
  logOf: (name) => (name === 'z-big' ? 'azl-logs-1-2' : undefined),
  ...{ spans: [], bound: undefined, nonReproducible: [], builtAgain: [] },
};
const none: References = { versionOf: () => '', specOf: () => undefined, artifactOf: () => undefined };
/** As in a run on GitHub. */
const known: References = {
  versionOf: (name) => (name === 'gone' ? '' : '1.2-3.azl3'),
  specOf: (name, line) => {
    const file = `SPECS/${name}/${name}.spec`;
    return {
      text: line === undefined ? file : `${file}:${line}`,
      address: `https://github.com/o/r/blob/c/${file}${line === undefined ? '' : `#L${line}`}`,
    };
  },
  artifactOf: (artifact) =>
    artifact === 'azl-logs-1-2' ? 'https://github.com/o/r/actions/runs/7/artifacts/5' : undefined,
  repository: { artifact: 'azl-rpms-x86_64', repository: 'o/r', run: '7' },
};
const span: Span = { package: 'made', shard: 1, started: 100, ended: 190, failed: false };

describe('root causes', () => {
  it('come by what they block, then by name, with that', () => {
    expect(rootCauses(outcomes).map(({ name, blocks }) => [name, blocks])).toEqual([
      ['z-big', ['stopped-1', 'stopped-2']],
      ['a-small', ['stopped-2']],
    ]);
  });

  it('are first on the screen, with the artifact of their log', () => {
    const [first, , , artifact] = summaryText(outcomes, facts);
    expect(first).toBe('✗ z-big: %build failed');
    expect(artifact).toBe('    log: z-big.log in the artifact azl-logs-1-2');
    expect(summaryText(outcomes, facts).join()).not.toContain('next: ');
    const here = summaryText(outcomes, { ...facts, logOf: () => undefined });
    expect(here).toContainEqual(expect.stringMatching(/^ {4}next: make \S+ \S+ shell PACKAGE=z-big /));
  });
});

it('indents the further lines of a reason on the screen', () => {
  const failed: Outcome = { state: 'failed', reason: 'a.spec:1: bad\na.spec:2: worse', seconds: 1, key: '' };
  const lines = summaryText(new Map([['a', failed]]), { ...facts, linesOf: () => [] });
  expect(lines[0]).toBe('✗ a: a.spec:1: bad\n    a.spec:2: worse');
});

describe('the page of a run', () => {
  const page = summaryPage(outcomes, facts, none);

  it('tells the counts, what failed and why, how to see it, and where its log is', () => {
    expect(page).toContain(
      '### Packages: **1 built**, **1 reused**, **2 failed**, **2 blocked**, **1 left** in 12:34',
    );
    expect(page.indexOf('✗ z-big: %build failed')).toBeLessThan(page.indexOf('✗ a-small: %check failed'));
    expect(page).toContain(
      'After 1:15. Blocks stopped-1, stopped-2. Its log: `z-big.log` in the artifact `azl-logs-1-2`.\n\n' +
        "**Next:** To see it on your machine, with azl's checkout beside yours: `make -C ../azl build-packages PACKAGE_BUILD_LIST=z-big`, then `make -C ../azl shell PACKAGE=z-big`.",
    );
    expect(page).toContain('````\ncc: error: no ```semicolon```\n````');
    expect(page).toContain('Artifact: `azl-rpms-x86_64`');
  });

  it('has each package in one row, why it was built or reused, and how long it took', () => {
    expect(page).toContain('| made | built | its spec \\| changed | 1:30 |');
    expect(page).toContain(
      '<details><summary>1 reused</summary>\n\n| package | why |\n| --- | --- |\n| old | nothing changed |\n\n</details>',
    );
    // It is above.
    expect(page).not.toContain('| z-big |');
    expect(page).not.toContain('Time line');
  });

  it('names what failed in its check, with its log', () => {
    const failedChecks = [{ name: 'made', reason: '%check failed', lines: ['FAIL: t1'] }];
    const page = summaryPage(outcomes, { ...facts, failedChecks, logOf: () => 'azl-logs-1-build' }, none);
    expect(page).toContain('#### ✗ made: %check failed\n\n```\nFAIL: t1\n```');
    expect(page).toContain('`made.check.log` in the artifact `azl-logs-1-build`');
    expect(page).toContain(
      'PACKAGE_BUILD_LIST=made RUN_CHECK=true`, then `make -C ../azl shell PACKAGE=made`',
    );
    expect(page.split('\n')[0]).toContain('**1 %check failed**');
  });

  it('says what is not reproducible, which build counts, and what was built again', () => {
    expect(page).not.toContain('reproducible');
    const counts = { shard: 2, artifact: 'azl-result-1-2-1' };
    const nonReproducible = [
      { package: 'made', rpms: ['made', 'made-libs'], counts, others: [{ shard: 5, artifact: null }] },
    ];
    const shown = summaryPage(outcomes, { ...facts, nonReproducible, builtAgain: ['old', 'late'] }, none);
    expect(shown).toContain(
      '- made is not reproducible: builds of one key differ in made, made-libs. That of shard 2 (azl-result-1-2-1) came first and counts, that of shard 5 does not.\n\n' +
        'What was built on a build that does not count was built again: old, late.',
    );
  });

  it('in a run on GitHub has versions, and leads to specs, logs and artifacts, and to the repository', () => {
    const page = summaryPage(
      new Map([...outcomes, ['gone', outcomes.get('late') as Outcome]]),
      { ...facts, linesOf: () => [] },
      known,
    );
    expect(page).toContain('Artifact: `azl-rpms-x86_64`\n');
    expect(page).toContain('#### ✗ z-big 1.2-3.azl3: %build failed');
    expect(page).toContain(
      'Its log: `z-big.log` in the artifact [`azl-logs-1-2`](https://github.com/o/r/actions/runs/7/artifacts/5). ' +
        'Its spec: [`SPECS/z-big/z-big.spec:12`](https://github.com/o/r/blob/c/SPECS/z-big/z-big.spec#L12).',
    );
    expect(page).toContain(
      '| [made 1.2-3.azl3](https://github.com/o/r/blob/c/SPECS/made/made.spec) | built | its spec \\| changed | 1:30 |',
    );
    expect(page).toMatch(/^\| \[gone\]\(\S+\) \| left \|/m);
    expect(page).toContain('How to install from this repository');
    expect(page).toContain('gh run download 7 -R o/r -n azl-rpms-x86_64 -D azl-rpms-x86_64');
    expect(summaryPage(outcomes, facts, none)).not.toMatch(/gh run|\]\(/);
  });

  it('shows a reason that is longer than a title whole', () => {
    const reason = `Source0 'a' is nowhere to be found. Looked in the folder of the spec; ${'http://a/b: 404; '.repeat(30)}`;
    const failed = new Map<string, Outcome>([['a', { state: 'failed', reason, kind: 'input' }]]);
    const page = summaryPage(failed, { ...facts, linesOf: () => [] }, none);
    expect(page).toContain(
      "```\nSource0 'a' is nowhere to be found.\nLooked in the folder of the spec;\nhttp://a/b: 404;\n",
    );
    expect(page).toContain("#### ✗ a: Source0 'a' is nowhere to be found\n\n");
    expect(page).toContain('**Next:** To check its files without a build: `make -C ../azl input-srpms');
  });

  it('folds a long table', () => {
    const many = Array.from({ length: 41 }, (_, at): [string, Outcome] => [
      `p${at}`,
      { state: 'built', reason: 'new', result },
    ]);
    expect(summaryPage(new Map(many), facts, none)).toContain(
      '<details><summary>41 packages</summary>\n\n| package |',
    );
    expect(summaryPage(new Map(many.slice(1)), facts, none)).not.toContain('<details>');
  });

  it('has a time line where shards built, and how close it came to the least possible', () => {
    const bound = { makespan: 90, least: 45, work: 45, chain: 30, slots: 2 };
    const shown = summaryPage(outcomes, { ...facts, spans: [span], bound }, none);
    expect(shown).toContain(`shard 1 ${'█'.repeat(60)}`);
    expect(shown).toContain('| 1 | 1 | 1:30 | made 0:00–1:30 |');
    expect(shown).toContain(
      '1:30 from the first build to the last, 2.00 times the least that is possible: 0:45 of work for each of 2 at once, 0:30 for the longest chain.',
    );
  });

  it('stays under what GitHub shows, whatever packages and logs say', () => {
    const long = 'ä|`<'.repeat(50_000);
    const many = Array.from({ length: 3000 }, (_, at) => `package-${at}`);
    const huge = new Map<string, Outcome>(
      many.map((name, at) => [
        name,
        at % 2 === 0
          ? { state: 'failed', reason: long, seconds: 1 }
          : { state: 'blocked', reason: long, rootCauses: ['package-0'] },
      ]),
    );
    const spans = many.map((name, at) => ({ ...span, package: name, shard: at % 200, ended: 200 + at }));
    const linesOf = () => Array.from({ length: 100 }, () => long);
    const failedChecks = many.map((name) => ({ name, reason: long, lines: linesOf() }));
    const page = summaryPage(huge, { ...facts, spans, failedChecks, linesOf }, known);
    expect(Buffer.byteLength(page)).toBeLessThan(2 ** 20);
    expect(page).toContain('and 1480 more that failed');
    expect(page).toContain('<summary>2980 packages</summary>');
    expect(page).toContain('and 2680 more');
    expect(page).toContain('and 140 more');
    const failed = many.map((name) => ({ name, reason: long, lines: linesOf(), log: undefined }));
    const built = many.map((name) => ({ package: name, reason: long, seconds: 1 }));
    expect(Buffer.byteLength(shardPage(1, built, failed, known))).toBeLessThan(2 ** 20);
  });
});

it('the page of a shard tells what it built, and what failed there', () => {
  const failed = { name: 'broken', reason: '%build failed', seconds: 4, lines: ['error: x'] };
  const page = shardPage(
    3,
    [{ package: 'made', reason: 'new', seconds: 61 }],
    [{ ...failed, log: 'azl-logs-1-3' }],
    none,
  );
  expect(page).toContain('<details><summary>1 failed</summary>\n\n#### ✗ broken: %build failed\n\n');
  expect(page).toContain('<details><summary>1 built</summary>\n\n| package |');
  expect(page).toContain('### Shard 3: **1 built**, **1 failed**');
  expect(page).toContain('error: x');
  expect(page).toContain('Its log: `broken.log` in the artifact `azl-logs-1-3`.');
  expect(page).toContain('| made | new | 1:01 |');
  expect(shardPage(1, [], [], none)).not.toContain('|');
});

it('a page shows the first 20 lines of a failure', () => {
  const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
  const page = shardPage(1, [], [{ name: 'broken', reason: '%build failed', lines, log: undefined }], none);
  expect(page).toContain('line 19\n```');
  expect(page).not.toContain('line 20');
});

it('the page of a plan tells what fails, what is built and why, and how long that is expected to take', () => {
  const plan = new Map<string, PackagePlan>([
    ['old', { state: 'reuse', reason: 'nothing changed', result }],
    ['later', { state: 'maybe', reason: 'made decides', waitsFor: ['made'] }],
    ['made', { state: 'build', reason: 'its spec changed', build: {} as never }],
    ['wrong', { state: 'failed', reason: 'no solution' }],
  ]);
  const facts = {
    seconds: new Map([
      ['made', 61],
      ['old', 9],
    ]),
    length: 600,
    shards: 3,
  };
  const page = planPage(plan, facts, none);
  expect(page).toContain('### Plan: **1 failed**, **1 build**, **1 maybe**, **1 reuse**');
  expect(page).toContain('3 shards at once help, for about 10 min.');
  expect(planPage(plan, { ...facts, shards: 1 }, none)).toContain('1 shard helps, for');
  expect(page).toContain(
    '| made | build | its spec changed | 1:01 |\n| later | maybe | made decides |  |\n\n<details><summary>1 reused</summary>',
  );
  expect(page).toContain('#### ✗ wrong: no solution');
  expect(planPage(new Map(), { ...facts, shards: 0 }, none)).toContain('No job is needed.');
});

describe('what is shown on a page', () => {
  it.each([
    ['plain-1.2_3', 'plain-1.2_3'],
    ['1.2~rc _a_ $x$ a@b', '1.2\\~rc \\_a\\_ \\$x\\$ a\\@b'],
    ['http://a/b www.c', 'http\\://a/b www\\.c'],
    ['# a', '\\# a'],
    ['1. a', '1\\. a'],
    ['a | b\nc', 'a \\| b c'],
    ['<img src=x> &amp; `code` [a](b) *c*', '\\<img src=x\\> \\&amp; \\`code\\` \\[a\\](b) \\*c\\*'],
    ['x'.repeat(50), `${'x'.repeat(39)}…`],
  ])('%j is %j', (text, shown) => expect(inlineText(text, { cell: 40 })).toBe(shown));

  it('a fence holds whatever lines there are', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[`a ]{0,8}$/)), (lines) => {
        const all = fenced(lines).split('\n');
        const [fence] = all as [string];
        expect(all.at(-1)).toBe(fence);
        expect(fence.length).toBeGreaterThan(2);
        for (const line of lines) expect(line.includes(fence)).toBe(false);
      }),
    );
  });

  const hostile = fc.stringMatching(/^[`[\]()<>!|\\\n a*]{0,12}$/);

  it('a link leads to its address alone, whatever its text is', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = link({ text, address: 'https://x/1' }, { cell: 99 });
        const unescaped = shown.replace(/\\[^\w\s]/g, '');
        expect(unescaped).toMatch(/^\[[^[\]<>`|\n]*\]\(https:\/\/x\/1\)$/);
      }),
    );
  });

  it('code is one line that no sign in it ends', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = code(text);
        const [ticks] = /^`+/.exec(shown) ?? [''];
        const inner = shown.slice(ticks.length, -ticks.length);
        expect(shown).not.toContain('\n');
        expect(shown.endsWith(ticks)).toBe(true);
        expect(inner).not.toMatch(new RegExp(`(^|[^\`])${ticks}([^\`]|$)`));
        expect(inner).not.toMatch(/^`|`$/);
      }),
    );
  });

  it('a page drops whole parts where it would be too long, and says so', () => {
    const part = 'x'.repeat(500_000);
    expect(pageOf(['a', part, part, 'b'])).toBe(
      `a\n\n${part}\n\nb\n\nThe page has no room for the rest: the log of the job has it.\n\n`,
    );
    expect(pageOf(['a', 'b'])).toBe('a\n\nb\n\n');
  });

  it('a table and a list say how much is not shown', () => {
    expect(pageTable(['a'], [['1'], ['2'], ['3']], { rows: 2, cell: 9 })).toBe(
      '| a |\n| --- |\n| 1 |\n| 2 |\n\nand 1 more',
    );
    expect(limitList(['a', 'b', 'c'], 2)).toEqual(['a', 'b', 'and 1 more']);
    expect(limitList(['a', 'b'], 2)).toEqual(['a', 'b']);
  });
});
