import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Line, packageOf, readFacts } from '../schedule/azure-linux.ts';
import { isSatisfiedBy, termsOf } from './requirements.ts';

/** An RPM as its build makes it, without digests and paths. */
export interface FactRpm {
  file: string;
  name: string;
  version: string;
  release: string;
  arch: string;
  /** What the spec declares. */
  provides: string[];
  requires: string[];
  /** What the build reveals besides: sonames and pkg-config files. */
  revealedProvides: string[];
  revealedRequires: string[];
}

/** A spec of Azure Linux. */
export interface FactSpec {
  package: string;
  path: string;
  sourceRpm: string;
  sources: string[];
  patches: string[];
  buildRequires: string[];
  rpms: FactRpm[];
}

/** A tree of specs that can be built in whole, and the RPMs that it starts from. */
export interface Facts {
  /** In an order in which they can be built. */
  specs: FactSpec[];
  /** The made-up RPM `rest`, which provides what nothing else does, is the last. */
  toolchain: FactRpm[];
  /** BuildRequires that were left out, because they close a cycle. */
  leftOut: number;
  /** Capabilities of the RPM `rest`. */
  madeUp: number;
}

/** The sizes that are measured, and the facts that each takes. All larger ones have no toolchain. */
export const sizes: readonly { specs: number; from: 'without toolchain' | 'all' | 'extended' }[] = [
  { specs: 100, from: 'without toolchain' },
  { specs: 400, from: 'without toolchain' },
  { specs: 1404, from: 'without toolchain' },
  { specs: 1540, from: 'all' },
  { specs: 3063, from: 'extended' },
];

/**
 * Reads a tree of so many specs: those that an order of builds has first.
 * @param dir holds the files that `readFacts` reads and `azl3-specs-extended.jsonl.gz`
 * @param essentials capabilities of every build root
 */
export function readTree(dir: string, size: (typeof sizes)[number], essentials: readonly string[]): Facts {
  const { built, prebuilt } = readFacts(dir);
  if (size.from === 'without toolchain')
    return treeOf(built.map(specOf), prebuilt.map(specOf), size.specs, essentials);
  const all = [...prebuilt, ...built];
  if (size.from === 'extended') {
    const text = gunzipSync(readFileSync(join(dir, 'azl3-specs-extended.jsonl.gz'))).toString('utf8');
    for (const line of text.split('\n').filter(Boolean)) all.push(JSON.parse(line) as Line);
  }
  return treeOf(withOwnNames(all.map(specOf)), [], size.specs, essentials);
}

/** Returns the tree of the `count` specs that an order of builds has first. Pure. */
export function treeOf(
  specs: readonly FactSpec[],
  prebuilt: readonly FactSpec[],
  count: number,
  essentials: readonly string[],
): Facts {
  const libraries = revealProvides([...specs, ...prebuilt]);
  const ordered = inBuildOrder(specs).slice(0, count);
  // What was left out was in no build's root, so nothing is linked with it.
  revealRequires([...ordered.map(({ spec }) => spec), ...prebuilt], libraries);
  const toolchain = prebuilt.flatMap(({ rpms }) => rpms);
  const rest = restOf(
    ordered.map(({ spec }) => spec),
    prebuilt,
    essentials,
  );
  return {
    specs: ordered.map(({ spec }) => spec),
    toolchain: [...toolchain, rest],
    leftOut: ordered.reduce((sum, one) => sum + one.leftOut, 0),
    madeUp: rest.provides.length,
  };
}

function specOf({ spec, srpm, sources, patches, buildRequires, packages }: Line): FactSpec {
  return {
    ...{ package: packageOf(spec), path: spec, sourceRpm: srpm, sources, patches },
    buildRequires: [...new Set(buildRequires)],
    rpms: packages.map(({ rpm, provides, requires }) => {
      const file = rpm.replace(/^.*\//, '');
      const [, name = file, version = '1', release = '1', arch = 'noarch'] =
        /^(.+)-([^-]+)-([^-]+)\.([^.]+)\.rpm$/.exec(file) ?? [];
      const declared = { provides: [...new Set(provides)], requires: [...new Set(requires)] };
      return { file, name, version, release, arch, ...declared, revealedProvides: [], revealedRequires: [] };
    }),
  };
}

/** Renames specs whose name another one has. */
function withOwnNames(specs: readonly FactSpec[]): FactSpec[] {
  const seen = new Set<string>();
  return specs.map((spec) => {
    const own = seen.has(spec.package) ? `${spec.package}-extended` : spec.package;
    seen.add(own);
    return { ...spec, package: own };
  });
}

const isDebug = ({ name }: FactRpm) => /-debug(info|source)$/.test(name);
const isDevel = ({ name }: FactRpm) => /-devel$/.test(name);

/** A shared library, by the two names that builds reveal. */
interface Library {
  soname: string;
  pkgconfig: string;
}

/**
 * Adds what builds reveal as provided, which the facts lack: each `x-devel` has a pkg-config file and belongs to a shared
 * library. Changes `specs`.
 * @returns the library by each capability that a BuildRequires may name
 */
function revealProvides(specs: readonly FactSpec[]): Map<string, Library> {
  const libraries = new Map<string, Library>();
  for (const { rpms } of specs) {
    for (const devel of rpms.filter(isDevel)) {
      const stem = devel.name.slice(0, -'-devel'.length);
      const others = rpms.filter((rpm) => !isDevel(rpm) && !isDebug(rpm));
      const [named] = [`${stem}-libs`, `lib${stem}`, stem].flatMap(
        (name) => others.find((rpm) => rpm.name === name) ?? [],
      );
      const holder = named ?? others[0];
      if (holder === undefined) continue;
      const soname = `lib${stem.replace(/^lib/, '')}.so.1()(64bit)`;
      const pkgconfig = `pkgconfig(${stem})`;
      holder.revealedProvides.push(soname);
      devel.revealedProvides.push(`${pkgconfig} = ${devel.version}`);
      devel.revealedRequires.push(soname);
      for (const provide of devel.provides) libraries.set(nameOf(provide), { soname, pkgconfig });
      libraries.set(pkgconfig, { soname, pkgconfig });
    }
  }
  return libraries;
}

/**
 * Adds what builds reveal as required: who builds with `x-devel` is linked with its library, and its headers need those of
 * `x`. Changes `specs`.
 */
function revealRequires(specs: readonly FactSpec[], libraries: ReadonlyMap<string, Library>): void {
  for (const { buildRequires, rpms } of specs) {
    const used = [...new Set(buildRequires.flatMap((one) => libraries.get(nameOf(one)) ?? []))];
    const main = rpms.find((rpm) => !isDevel(rpm) && !isDebug(rpm));
    const devel = rpms.find(isDevel);
    main?.revealedRequires.push(...used.map(({ soname }) => soname));
    devel?.revealedRequires.push(...used.map(({ pkgconfig }) => pkgconfig));
  }
}

/**
 * Returns specs in an order in which they can be built. A BuildRequires that closes a cycle is left out, as if a package of
 * an earlier release were used.
 */
function inBuildOrder(specs: readonly FactSpec[]): { spec: FactSpec; leftOut: number }[] {
  const providers = new Map<string, { owner: FactSpec; rpm: FactRpm }[]>();
  for (const owner of specs) {
    for (const rpm of owner.rpms) {
      for (const name of new Set([rpm.name, ...[...rpm.provides, ...rpm.revealedProvides].map(nameOf)]))
        providers.set(name, [...(providers.get(name) ?? []), { owner, rpm }]);
    }
  }
  const closure = (capability: string): FactSpec[] => {
    const seen = new Set<FactRpm>();
    const owners = new Set<FactSpec>();
    const queue = [capability];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const { owner, rpm } of termsOf(next).flatMap((term) => providers.get(nameOf(term)) ?? [])) {
        if (seen.has(rpm)) continue;
        seen.add(rpm);
        owners.add(owner);
        queue.push(...rpm.requires);
      }
    }
    return [...owners];
  };
  const done = new Set<FactSpec>();
  const begun = new Set<FactSpec>();
  const ordered: { spec: FactSpec; leftOut: number }[] = [];
  const visit = (spec: FactSpec) => {
    begun.add(spec);
    const kept = spec.buildRequires.filter((one) => {
      const needs = closure(one);
      for (const need of needs) if (!begun.has(need)) visit(need);
      return needs.every((need) => done.has(need));
    });
    done.add(spec);
    ordered.push({
      spec: { ...spec, buildRequires: kept },
      leftOut: spec.buildRequires.length - kept.length,
    });
  };
  for (const spec of specs) if (!begun.has(spec)) visit(spec);
  return ordered;
}

/**
 * Returns an RPM that provides whatever else nothing would: paths, as the facts have none, and names of other trees. The
 * toolchain gets all that it requires, as it needs nothing of the tree.
 */
function restOf(
  specs: readonly FactSpec[],
  prebuilt: readonly FactSpec[],
  essentials: readonly string[],
): FactRpm {
  const required = new Set(essentials);
  for (const one of specs.flatMap((spec) => spec.buildRequires).flatMap(termsOf)) required.add(one);
  const missing = [...missingIn([...specs, ...prebuilt], required), ...missingIn(prebuilt, new Set())];
  return {
    ...{ file: 'rest-1-1.noarch.rpm', name: 'rest', version: '1', release: '1', arch: 'noarch' },
    provides: [...new Set(missing.map(nameOf))].sort(),
    ...{ requires: [], revealedProvides: [], revealedRequires: [] },
  };
}

/** Returns what RPMs of `specs`, or `required`, need and none of these RPMs provides. */
function missingIn(specs: readonly FactSpec[], required: Set<string>): string[] {
  const provided = new Map<string, string[]>();
  for (const rpm of specs.flatMap(({ rpms }) => rpms)) {
    for (const one of [...rpm.requires, ...rpm.revealedRequires].flatMap(termsOf)) required.add(one);
    for (const one of [...rpm.provides, ...rpm.revealedProvides]) {
      const known = provided.get(nameOf(one));
      if (known === undefined) provided.set(nameOf(one), [one]);
      else known.push(one);
    }
  }
  return [...required].filter(
    (one) => !(provided.get(nameOf(one)) ?? []).some((provide) => isSatisfiedBy(one, provide)),
  );
}

/** The text of a capability to its first blank. */
export function nameOf(capability: string): string {
  return /^\S*/.exec(capability)?.[0] ?? '';
}
