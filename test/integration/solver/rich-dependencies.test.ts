import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isTrue, type RichContext } from '../../../src/shared/graph/rich.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { matches, type PlainCapability, parseCapability } from '../../../src/shared/rpm/capability.ts';
import { readRpm } from '../../../src/shared/rpm/read.ts';
import { parseRequirement, satisfiedByOne } from '../../../src/shared/rpm/requirement.ts';
import { closeSolvers, names, over, rpm } from '../../support/real-solver.ts';
import { temporaryFolders } from '../../support/temporary.ts';

afterEach(closeSolvers);

/** Dependencies in the tag that rpm allows them in. Of what they name, `both` provides a = 2 and b = 2. */
const requires = [
  ...['(a and b)', '(a and b and c)', '(a or b)', '(a or b or c)', '(a if b)', '(a if b else c)'],
  ...[
    '(c or (a unless b))',
    '(c or (a unless b else b))',
    '(a with b)',
    '(a with b with c)',
    '(a without b)',
  ],
  ...['((a and b) if c)', '(a if (b or c))', '(a if (b and c))', '(a if (b and c) else (b or c))'],
  ...['(a >= 2 and b)', '(a if b >= 2)', '(a >= 2 with b >= 2)', '(a < 2 without b)', '(a = 1-1 or c)'],
  ...[
    '(a with (b or c))',
    '(a without (b or c))',
    '((a with b) or c)',
    '(a if (b if c))',
    '(c if (a with b))',
  ],
  ...['((a or b) and (b or c))', '((a and b) or c)', '(perl(And::Or) >= 1 and c)', '(perl(And::Or) if c)'],
  ...['(libfoo.so.1()(64bit) or c)', '(libfoo.so.1()(64bit) without perl(And::Or))', '(and or or)', '((a))'],
];
const conflicts = [
  ...['(a and b)', '(a or b)', '(a unless b)', '(a unless b else c)', '(a with b)', '(a without b)'],
  ...[
    '((a and b) or c)',
    '(c and (a or b))',
    '(a >= 2 and c)',
    '(perl(And::Or) > 1 or c)',
    '((a with b) and c)',
  ],
];

/** Random trees that rpm takes in a Requires: it allows no `if` below an `or`. */
const atom = fc.constantFrom('a', 'b', 'c', 'a >= 2', 'b < 2', 'perl(And::Or)', 'libfoo.so.1()(64bit)');
const { condition, requirement } = fc.letrec<{ condition: string; requirement: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    atom,
    fc.tuple(tie('condition'), fc.constantFrom('or', 'and'), tie('condition')).map(inBrackets),
    fc.tuple(atom, fc.constantFrom('with', 'without'), atom).map(inBrackets),
  ),
  requirement: fc.oneof(
    { depthSize: 'small' },
    tie('condition'),
    fc.tuple(tie('requirement'), fc.constant('and'), tie('requirement')).map(inBrackets),
    fc.tuple(tie('condition'), fc.constant('if'), tie('condition')).map(inBrackets),
    fc
      .tuple(tie('condition'), fc.constant('if'), tie('condition'), fc.constant('else'), tie('condition'))
      .map(inBrackets),
  ),
}));

function inBrackets(words: readonly string[]): string {
  return `(${words.join(' ')})`;
}

const random = [
  ...fc.sample(requirement, { numRuns: 20, seed: 11 }).map((dep) => ['Requires', dep] as const),
  ...fc.sample(condition, { numRuns: 10, seed: 12 }).map((dep) => ['Conflicts', dep] as const),
];
const cases = [
  ...requires.map((dep) => ['Requires', dep] as const),
  ...conflicts.map((dep) => ['Conflicts', dep] as const),
  ...random,
];

/** Packages that the dependencies name, with what they provide besides their names. */
const named: Readonly<Record<string, string>> = {
  ...{ a: '', b: '', c: '', both: 'a = 2, b = 2', and: '', or: '' },
  ...{
    module: 'perl(And::Or) = 2',
    library: 'libfoo.so.1()(64bit)',
    oddities: 'perl(And::Or) = 0.5, libfoo.so.1()(64bit)',
  },
};
const roots = [
  ...[[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c'], ['both'], ['both', 'c']],
  ...[['module', 'library'], ['oddities'], ['and'], ['or', 'c']],
];

const folder = temporaryFolders();
let dir: string;
const rpms = new Map<string, Rpm>();

/** A spec with a package for each of {@link named}, and one for each case, which has its dependency. */
function spec(): string {
  const section = (name: string, tags: string) =>
    `%package -n ${name}\nSummary: x\n${tags}\n%description -n ${name}\n%files -n ${name}\n`;
  return [
    'Name: probe\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\n',
    ...Object.entries(named).map(([name, provides]) => section(name, provides && `Provides: ${provides}`)),
    ...cases.map(([tag, dep], at) => section(`case${at}`, `${tag}: ${dep}`)),
  ].join('');
}

beforeAll(async () => {
  dir = folder();
  await writeFile(join(dir, 'probe.spec'), spec());
  await runTool(['rpmbuild', '-bb', '--define', `_topdir ${dir}`, join(dir, 'probe.spec')]);
  await runTool(['rpm', '--initdb', '--dbpath', join(dir, 'db')]);
  const made = join(dir, 'RPMS/noarch');
  for (const file of await readdir(made)) {
    const one = await readRpm(join(made, file));
    rpms.set(one.name, one);
  }
}, 120_000);

/** True if rpm would install all of these together, into a root that has nothing else. */
async function rpmAgrees(packages: readonly string[]): Promise<boolean> {
  const files = packages.map((name) => join(dir, 'RPMS/noarch', rpms.get(name)?.file as string));
  const database = ['--dbpath', join(dir, 'db'), '--nosignature', '--nodigest'];
  return (await runTool(['rpm', '-i', '--test', ...database, ...files], { ok: 'any' })).code === 0;
}

/** The view of a root that the planner has. */
function contextOf(root: readonly Rpm[]): RichContext {
  const providesOf = ({ provides }: Rpm) => provides.map(parseCapability);
  const hasOne = (wanted: PlainCapability) => (one: Rpm) =>
    providesOf(one).some((provide) => matches(provide, wanted));
  const context: RichContext = {
    holds: (single) => root.some((one) => satisfiedByOne(single, (wanted) => hasOne(wanted)(one))),
    availability: () => 'declared',
    get unbuilt() {
      return context;
    },
  };
  return context;
}

const fileOf = (name: string) => rpms.get(name) as Rpm;

describe('rich dependencies mean what rpm says', () => {
  it(`in a Requires or Conflicts: ${cases.length} of them, each against ${roots.length} roots`, async () => {
    const solver = await over([]);
    const disagreements: string[] = [];
    for (const [at, [tag, dep]] of cases.entries()) {
      const verdicts = roots.map(async (root) => {
        const packages = [`case${at}`, ...root];
        const local = packages.map(fileOf);
        const { ok } = await solver.solve({ install: packages, local });
        const holds = isTrue(parseRequirement(dep), contextOf(local));
        const expected = await rpmAgrees(packages);
        if (ok !== expected) disagreements.push(`${tag}: ${dep} with ${root}: the solver says ${ok}`);
        if (holds !== ((tag === 'Requires') === expected))
          disagreements.push(`${tag}: ${dep} with ${root}: the planner says ${holds}`);
      });
      await Promise.all(verdicts);
    }
    expect(disagreements).toEqual([]);
  }, 300_000);

  it('when the solver chooses among local RPMs and stand-ins: rpm installs what it takes', async () => {
    const stock = Object.keys(named).map(fileOf);
    const [some, others] = [stock.filter((_, at) => at % 2 === 0), stock.filter((_, at) => at % 2 === 1)];
    const refused: string[] = [];
    let answers = 0;
    for (const [standIns, offered] of [
      [stock, []],
      [[], stock],
      [some, others],
      [others, some],
    ] as const) {
      const solver = await over([...standIns]);
      const verdicts = cases.map(async ([tag, dep], at) => {
        const given = { install: [`case${at}`], base: standIns.map((one) => one.file) };
        const answer = await solver.solve({ ...given, local: [...offered, fileOf(`case${at}`)] });
        if (!answer.ok) return;
        answers++;
        const taken = answer.installed.map((one) => one.file.replace(/-1-1\.noarch\.rpm$/, ''));
        if (!(await rpmAgrees(taken))) refused.push(`${tag}: ${dep} with ${taken}`);
      });
      await Promise.all(verdicts);
    }
    expect(refused).toEqual([]);
    expect(answers).toBeGreaterThan(3 * cases.length);
  }, 300_000);
});

describe('a stand-in does not satisfy what a local RPM satisfies', () => {
  const standIn = (name: string) => rpm({ name, evr: '1:9-1', provides: ['perl(Foo::Bar) = 9'] });

  it.each([
    ['(make and tar)', ['*make-1-1', 'tar-9-1']],
    ['(tar and make)', ['*make-1-1', 'tar-9-1']],
    ['(make or tar)', ['*make-1-1']],
    ['(nope or make)', ['*make-1-1']],
    ['(make if tar)', []],
    ['((make if tar) and tar)', ['*make-1-1', 'tar-9-1']],
    ['(nope if gone else make)', ['*make-1-1']],
    ['(make with perl(Foo::Bar))', ['make-9-1']],
    ['(make without perl(Foo::Bar))', ['*make-1-1']],
    ['((make without perl(Foo::Bar)) and tar)', ['*make-1-1', 'tar-9-1']],
    ['(make >= 1:9 and tar)', ['make-9-1', 'tar-9-1']],
  ])('inside of %s', async (requirement, expected) => {
    const solver = await over([standIn('make'), standIn('tar')]);
    const make = rpm({ name: 'make', evr: '1-1' });
    expect(names(await solver.solve({ install: [requirement], local: [make] }))).toEqual(expected);
    const app = rpm({ name: 'app', requires: [requirement] });
    expect(names(await solver.solve({ install: ['app'], local: [make, app] }))).toEqual([
      '*app-1.0-1',
      ...expected,
    ]);
  });

  it('but it makes a condition true, as rpm sees it in the root', async () => {
    const solver = await over([standIn('make'), standIn('tar')]);
    const make = rpm({ name: 'make', evr: '1-1' });
    const base = ['make-9-1.x86_64.rpm'];
    const installed = names(await solver.solve({ install: ['(tar if make)'], base, local: [make] }));
    expect(installed).toEqual(['make-9-1', 'tar-9-1']);
  });
});
