import fc from 'fast-check';
import { buildRootEssentials } from '../../../src/shared/cache-key/recipe.ts';
import type { ProviderPolicy } from '../../../src/shared/graph/graph.ts';
import type { Capability, Rpm } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { madeUpRpm, madeUpSpec } from '../made-up.ts';

/** An RPM of a package at random. */
export interface RandomRpm {
  name: string;
  /** As its spec states them. */
  provides: Capability[];
  requires: Capability[];
  conflicts: Capability[];
  files: string[];
  /** Shown by its build alone. */
  revealed: { provides: Capability[]; requires: Capability[]; files: string[] };
  /** Its build reveals that it requires every library that its build root holds. */
  links: boolean;
}

/** A package at random: what its spec states, and what its build does. */
export interface RandomPackage {
  name: string;
  version: string;
  buildRequires: Capability[];
  buildConflicts: Capability[];
  rpms: RandomRpm[];
  fails: boolean;
}

const library = 'libx.so.1()(64bit)';
/** Names that a build may reveal, of generators that rpm has and of others. */
const revealable = ['perl(X)', 'pkgconfig(x)', library, 'php(api)', 'rubygem(x)', 'made-up(x)'];
const virtual = ['engine', 'motor'];
const tool = '/usr/bin/tool';
const mostAt = 40;
/** RPMs that several packages may make, in one version. */
const shared = ['same', 'alike'];

/** The toolchain of all trees: what every build needs, a few tools, and packages that a tree may have, too. */
export const toolchainRpms: Rpm[] = [
  madeUpRpm('essentials', {
    files: [...buildRootEssentials],
  }),
  madeUpRpm('maker', { provides: ['maker = 1', 'pkgconfig(common) = 1'] }),
  madeUpRpm('p0', { version: '0', provides: ['p0 = 0', 'motor = 0'] }),
  madeUpRpm('p3', { version: '0', provides: ['p3 = 0', 'pkgconfig(x) = 0'], requires: ['p0'] }),
];
const inToolchain = ['maker', 'pkgconfig(common)', '/usr/bin/gcc'];

/** What inputs decide about providers. */
export const randomPolicies: fc.Arbitrary<ProviderPolicy> = fc.record({
  breakCycles: fc.subarray(['p0', 'p3', 'p1']).map((names) => new Set(names)),
  discover: fc.boolean(),
  pointers: fc.constant(new Map()),
});

/** Trees of up to seven packages, whose names and needs have orders of their own. */
export const randomTrees: fc.Arbitrary<RandomPackage[]> = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
    fc.array(packageRow(), { minLength: 1, maxLength: 7, size: 'max' }),
  )
  .map(([names, rows]) => rows.map((row, at) => packageOf({ rows, names, at }, row)));

/**
 * A term: `at` becomes a package of the tree, one before it and seldom any. A term that nothing provides stays as it is
 * for the highest `at` alone, else most packages of a tree could not be built.
 */
type Term =
  | { kind: 'package' | 'sub' | 'newer' | 'older'; at: number }
  | { kind: 'name'; name: string; at: number };
type Wish = Term | { left: Wish; operator: string; right: Wish; other: Wish | undefined };

function packageRow() {
  const rpm = fc.record({
    provides: fc.subarray(virtual, { maxLength: 1 }),
    requires: fc.array(wishes(0), { maxLength: 2 }),
    conflicts: seldom(fc.constantFrom(...virtual, 'p1', 'p2')),
    files: seldom(fc.constant(tool)),
    reveals: fc.subarray(revealable, { maxLength: 2 }),
    needs: seldom(fc.constantFrom(...revealable, tool, ...virtual)),
    revealsFile: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
    links: fc.boolean(),
  });
  return fc.record({
    version: fc.constantFrom('1', '2', '3'),
    buildRequires: fc.array(wishes(2), { maxLength: 3 }),
    buildConflicts: seldom(fc.constantFrom(...virtual.map((one) => `${one} >= 2`), 'p1', 'p4')),
    main: rpm,
    sub: fc.option(rpm, { freq: 3 }),
    makesSame: seldom(fc.constantFrom(...shared)),
    fails: fc.integer({ min: 0, max: 14 }).map((n) => n === 14),
  });
}

type Row = typeof packageRow extends () => fc.Arbitrary<infer T> ? T : never;

function seldom<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.tuple(fc.integer({ min: 0, max: 4 }), one).map(([n, value]) => (n === 4 ? [value] : []));
}

function wishes(depth: number): fc.Arbitrary<Wish> {
  const term: fc.Arbitrary<Wish> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('package' as const), at: fc.nat(mostAt) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('sub', 'newer', 'older'), at: fc.nat(mostAt) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('name' as const),
        name: fc.constantFrom(...inToolchain, ...virtual, 'engine >= 2', ...revealable, tool, 'not-there'),
        at: fc.nat(mostAt),
      }),
    },
  );
  if (depth === 0) return term;
  const rich = fc.record({
    left: wishes(depth - 1),
    operator: fc.constantFrom('and', 'or', 'if', 'unless', 'with', 'without'),
    right: wishes(depth - 1),
    other: fc.option(wishes(0), { nil: undefined }),
  });
  return fc.oneof({ weight: 3, arbitrary: term }, { weight: 1, arbitrary: rich });
}

/** The rows of a tree, the names of its packages by row, and the row that is read. */
interface Place {
  rows: readonly Row[];
  names: readonly number[];
  at: number;
}

function packageOf(place: Place, row: Row): RandomPackage {
  const name = nameAt(place, place.at);
  const write = (wish: Wish) => capabilityOf(place, wish);
  const rpmOf = (own: string, one: Row['main']): RandomRpm => ({
    name: own,
    provides: one.provides.map((virtualName) => `${virtualName} = ${row.version}`),
    requires: [...new Set(one.requires.map(write))],
    conflicts: one.conflicts.filter((other) => other !== own),
    files: one.files,
    revealed: {
      provides: one.reveals.map((revealed) => `${revealed} = ${row.version}`),
      requires: one.needs.filter((need) => !one.reveals.includes(need) && isOffered(place, need)),
      files: one.revealsFile ? [tool] : [],
    },
    links: one.links,
  });
  const same = { ...row.main, provides: [], requires: [], conflicts: [], files: [], reveals: [], needs: [] };
  return {
    name,
    version: row.version,
    buildRequires: [...new Set(row.buildRequires.map(write))],
    buildConflicts: row.buildConflicts,
    rpms: [
      rpmOf(name, row.main),
      ...(row.sub === null ? [] : [rpmOf(`${name}-sub`, row.sub)]),
      ...row.makesSame.map((also) => rpmOf(also, { ...same, revealsFile: false, links: false })),
    ],
    fails: row.fails,
  };
}

/** The names of packages, in no order. Two of them suggest what their packages may reveal. */
const packageNames = ['p0', 'p1', 'p2', 'p3', 'p4', 'libx', 'perl-X'];

function nameAt({ names }: Place, at: number): string {
  return packageNames[names[at] as number] as string;
}

function capabilityOf(place: Place, wish: Wish): Capability {
  if ('operator' in wish) {
    const { left, operator, right, other } = wish;
    // rpm has `with` and `without` between plain capabilities alone, and `else` behind a condition.
    const isPlain = operator.startsWith('with');
    const side = (one: Wish) => capabilityOf(place, isPlain ? plain(one) : one);
    const rest =
      other === undefined || !/^(if|unless)$/.test(operator) ? '' : ` else ${capabilityOf(place, other)}`;
    return `(${side(left)} ${operator} ${side(right)}${rest})`;
  }
  const isAny = wish.at === mostAt;
  if (wish.kind === 'name') return isAny || isOffered(place, wish.name) ? wish.name : 'maker';
  const { rows, at } = place;
  if (at === 0 && !isAny) return 'maker';
  const to = wish.at % (isAny ? rows.length : at);
  const name = nameAt(place, to);
  const { sub, version } = rows[to] as Row;
  if (wish.kind === 'sub') return isAny || sub !== null ? `${name}-sub` : name;
  if (wish.kind === 'package') return name;
  const isNewer = version !== '1';
  if (wish.kind === 'newer') return isAny || isNewer ? `${name} >= 2` : name;
  return isAny || !isNewer ? `${name} < 2` : name;
}

/** True if the toolchain has a name, or any package provides or reveals it. */
function isOffered({ rows }: Place, name: string): boolean {
  if (inToolchain.includes(name)) return true;
  return rows.some(({ main, sub, version }) =>
    [main, sub].some(
      (one) =>
        one !== null &&
        [...one.provides, ...one.reveals, ...one.files, ...(one.revealsFile ? [tool] : [])].some(
          (offered) => offered === name || (name === `${offered} >= 2` && version !== '1'),
        ),
    ),
  );
}

function plain(wish: Wish): Term {
  return 'operator' in wish ? plain(wish.left) : wish;
}

/**
 * A package that is given in words, of one RPM of its name.
 * @param given `also`: one more RPM that it makes
 */
export function givenPackage(
  name: string,
  given: Partial<Pick<RandomPackage, 'buildRequires' | 'buildConflicts' | 'fails' | 'version'>> &
    Partial<Omit<RandomRpm, 'revealed'>> & { revealed?: Partial<RandomRpm['revealed']>; also?: string } = {},
): RandomPackage {
  const { also, revealed, version = '1', fails = false } = given;
  const empty = { provides: [], requires: [], conflicts: [], files: [], links: false };
  const nothing = { provides: [], requires: [], files: [] };
  const { provides = [], requires = [], conflicts = [], files = [], links = false } = given;
  const own = { name, provides, requires, conflicts, files, links, revealed: { ...nothing, ...revealed } };
  return {
    ...{ name, version, fails },
    ...{ buildRequires: given.buildRequires ?? [], buildConflicts: given.buildConflicts ?? [] },
    rpms: also === undefined ? [own] : [own, { ...empty, name: also, revealed: nothing }],
  };
}

/** The spec of a package. */
export function specOf(one: RandomPackage): Spec {
  const spec = madeUpSpec(one.name, one.buildRequires);
  const { version } = one;
  const versionOf = (name: string) => (shared.includes(name) ? '1' : version);
  return {
    ...spec,
    version,
    sourceRpm: `${one.name}-${version}-1.src.rpm`,
    buildConflicts: one.buildConflicts,
    packages: one.rpms.map(({ name, provides, requires, conflicts, files }) => ({
      ...{ name, epoch: 0, version: versionOf(name), release: '1', arch: 'x86_64' },
      ...{
        file: `${name}-${versionOf(name)}-1.x86_64.rpm`,
        provides,
        requires,
        conflicts,
        obsoletes: [],
        files,
        built: true,
      },
    })),
  };
}

/** What its build makes of a package in a root that holds `installed`. `mark`: in the output digest of what is made. */
export function rpmsOf(one: RandomPackage, installed: readonly Rpm[], mark: string): Rpm[] {
  const hasLibrary = installed.some((rpm) => rpm.provides.some((provided) => provided.startsWith(library)));
  return one.rpms.map(({ name, revealed, links, ...stated }) => {
    const version = shared.includes(name) ? '1' : one.version;
    const own = `${name} = ${version}-1`;
    return madeUpRpm(name, {
      version,
      sourceRpm: `${one.name}-${one.version}-1.src.rpm`,
      provides: [own, ...stated.provides, ...revealed.provides],
      requires: [...stated.requires, ...revealed.requires, ...(links && hasLibrary ? [library] : [])],
      conflicts: stated.conflicts,
      files: [...new Set([...stated.files, ...revealed.files])],
      outputDigest: `${name} by ${mark}`,
    });
  });
}
