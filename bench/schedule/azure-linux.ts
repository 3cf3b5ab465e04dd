import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { asDeclared, declaredGraph } from '../../src/shared/graph/graph.ts';
import { pathsOf } from '../../src/shared/graph/walk.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import type { Spec, SpecPackage } from '../../src/shared/model/spec.ts';

/** By package: the packages whose results its build may install. Without cycles. */
export type Needs = ReadonlyMap<string, readonly string[]>;

/** A line of `azl3-specs.jsonl.gz`: a spec of Azure Linux 3.0 and the RPMs that its build made. */
export interface Line {
  spec: string;
  srpm: string;
  sources: string[];
  patches: string[];
  buildRequires: string[];
  packages: { rpm: string; provides: string[]; requires: string[] }[];
}

/**
 * Returns the folder that holds the facts of Azure Linux 3.0. Ends the process with a message where there is none.
 * @param measured the subject of the benchmark
 * @param target the Makefile's target that starts it
 */
export function factsFolder(measured: string, target: string): string {
  const facts = process.env['FACTS_DIR'] ?? '';
  if (existsSync(join(facts, 'azl3-specs.jsonl.gz'))) return facts;
  console.error(
    `FACTS_DIR='${facts}' does not hold azl3-specs.jsonl.gz and azl3-toolchain_x86_64.txt, the facts of Azure Linux 3.0 that ${measured} is measured on: nothing was measured. Give the folder: make ${target} FACTS_DIR=<folder>`,
  );
  process.exit(1);
}

/**
 * Returns the specs of Azure Linux 3.0 for x86_64: those that are built, and those that its toolchain holds.
 * @param dir holds `azl3-specs.jsonl.gz` and `azl3-toolchain_x86_64.txt`
 */
export function readFacts(dir: string): { built: Line[]; prebuilt: Line[] } {
  const text = gunzipSync(readFileSync(join(dir, 'azl3-specs.jsonl.gz'))).toString('utf8');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const manifest = new Set(readFileSync(join(dir, 'azl3-toolchain_x86_64.txt'), 'utf8').split('\n'));
  const file = (rpm: string) => rpm.replace(/^.*\//, '');
  const isPrebuilt = ({ packages }: Line) => packages.every(({ rpm }) => manifest.has(file(rpm)));
  return { built: lines.filter((line) => !isPrebuilt(line)), prebuilt: lines.filter(isPrebuilt) };
}

/**
 * Returns the needs of the packages that are built. A cycle through run-time requirements uses RPMs that were published
 * before, as in Azure Linux. Of each of the few cycles of BuildRequires one edge is left out.
 */
export function azureLinux({ built, prebuilt }: ReturnType<typeof readFacts>): Needs {
  const specs = built.map(specOf);
  const rpms = prebuilt.flatMap(({ packages }) =>
    packages.map((one) => ({ ...rpmOf(one), folders: [], files: [] })),
  );
  const graph = declaredGraph(specs, { rpms, worker: [] } as unknown as Parameters<typeof declaredGraph>[1]);
  const declared = asDeclared(graph);
  const all = new Map(specs.map((spec) => [spec.package, pathsOf(declared, spec.package)]));
  const direct = (name: string, need: string) => all.get(name)?.get(need)?.length === 1;
  const components = componentsOf([...all.keys()], (name) => [...(all.get(name)?.keys() ?? [])]);
  const kept = new Map(
    [...all].map(([name, needs]) => [
      name,
      [...needs.keys()].filter((need) => components.get(name) !== components.get(need) || direct(name, need)),
    ]),
  );
  const hard = componentsOf([...kept.keys()], (name) => kept.get(name) ?? []);
  return new Map(
    [...kept].map(([name, needs]) => [
      name,
      needs.filter((need) => need !== name && (hard.get(name) !== hard.get(need) || need < name)),
    ]),
  );
}

/** Returns the package of a spec by its path. */
export function packageOf(spec: string): string {
  return spec.replace(/^.*\/|\.spec$/g, '');
}

function specOf({ spec, srpm, buildRequires, packages }: Line): Spec {
  const name = packageOf(spec);
  return {
    package: name,
    path: spec,
    sourceRpm: srpm,
    buildRequires,
    buildConflicts: [],
    packages: packages.map((one): SpecPackage => ({ ...rpmOf(one), built: true, files: [] as string[] })),
  } as unknown as Spec;
}

export function rpmOf({ rpm, provides, requires }: Line['packages'][number]): Rpm & SpecPackage {
  const file = rpm.replace(/^.*\//, '');
  const [, name, version, release] = /^(.+)-([^-]+)-([^-]+)\.[^.]+\.rpm$/.exec(file) ?? [];
  return { file, name, epoch: 0, version, release, provides, requires } as unknown as Rpm & SpecPackage;
}

/** Returns the number of each name's strongly connected component (Tarjan). */
function componentsOf(
  names: readonly string[],
  needs: (name: string) => readonly string[],
): Map<string, number> {
  const component = new Map<string, number>();
  const seen = new Map<string, { index: number; low: number }>();
  const stack: string[] = [];
  let count = 0;
  const visit = (name: string): { index: number; low: number } => {
    const own = { index: seen.size, low: seen.size };
    seen.set(name, own);
    stack.push(name);
    for (const need of needs(name)) {
      const other = seen.get(need) ?? visit(need);
      if (!component.has(need)) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      for (const one of stack.splice(stack.lastIndexOf(name))) component.set(one, count);
      count++;
    }
    return own;
  };
  for (const name of names) if (!seen.has(name)) visit(name);
  return component;
}
