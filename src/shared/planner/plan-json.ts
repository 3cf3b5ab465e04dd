import { order } from '../base/order.ts';
import type { Problem } from '../base/problems.ts';
import {
  boolean,
  constant,
  digest,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  plainName,
  text,
  word,
} from '../base/schema.ts';
import { type FailureKind, failureKinds, type PackagePlan, planStates } from '../model/outcome.ts';

import type { Run } from '../model/run.ts';

/** `out/plan.json` (docs/schema/plan.schema.json). */
export interface PlanJson {
  schema: 'azl/plan';
  version: 1;
  /** Jobs with another worker refuse the plan. */
  workerDigest: string;
  /** Shards that run at once, and entries of the matrix, which start one after the other. Numbered from 1. */
  shards: number;
  entries: number;
  /** Packages that only shards of the second matrix take. Their numbers follow those of the first. */
  heavy: string[];
  heavyShards: number;
  heavyEntries: number;
  /** Retention of the artifacts of its jobs, in days, when no merge removes them. */
  retentionDays: number;
  /** By capability, packages that earlier builds showed to provide what no spec declares. */
  pointers: Record<string, string[]>;
  /** Packages that their own needs take from the toolchain. */
  breakCycles: string[];
  packages: {
    name: string;
    state: PackagePlan['state'];
    reason: string;
    key: string | null;
    waitsFor: string[];
    /** Packages that it takes from the toolchain by the policy on cycles (break-cycles). */
    fromToolchain: string[];
    /** The time of its newest build; null when it was never built. */
    seconds: number | null;
    /** Of one that failed. */
    kind: FailureKind | null;
    /** The line of its spec that has the first error. */
    line: number | null;
    /** Its errors. */
    problems: Pick<Problem, 'message' | 'file' | 'line' | 'hint'>[];
    /** Of one that is blocked: the packages that failed. */
    rootCauses: string[];
    /** True if the tree alone decides that it is not built: every job of the run takes that from here. */
    isOfTree: boolean;
    /** True if no spec declares that it is needed: a result or a `%generate_buildrequires` showed it. */
    revealed?: boolean;
  }[];
}

/** More than the jobs of any matrix. */
const mostShards = 10_000;

/** More than any spec has. */
const mostLines = 10_000_000;

const names = list(plainName, 100_000);

const problemSchema = object<PlanJson['packages'][number]['problems'][number]>({
  message: text(1e6),
  file: optional(text(65_536)),
  line: optional(integer(1, mostLines)),
  hint: optional(text(1e6)),
});

export const planSchema = object<PlanJson>({
  schema: constant('azl/plan'),
  version: constant(1),
  workerDigest: digest,
  shards: integer(0, mostShards),
  entries: integer(0, mostShards),
  heavy: names,
  heavyShards: integer(0, mostShards),
  heavyEntries: integer(0, mostShards),
  retentionDays: integer(1, 90),
  pointers: map(names, word(65_536)),
  breakCycles: names,
  packages: list(
    object<PlanJson['packages'][number]>({
      name: plainName,
      state: oneOf(...planStates),
      reason: text(1e6),
      key: nullable(digest),
      waitsFor: names,
      fromToolchain: names,
      seconds: nullable(number()),
      kind: nullable(oneOf(...failureKinds)),
      line: nullable(integer(1, mostLines)),
      problems: list(problemSchema, 10_000),
      rootCauses: names,
      isOfTree: boolean,
      revealed: optional(boolean),
    }),
    100_000,
  ),
});

/** Writes a plan as data, packages sorted by name. Pure. @param chosen the packages that specs declare to be needed */
export function planJson(
  plan: ReadonlyMap<string, PackagePlan>,
  facts: Omit<PlanJson, 'schema' | 'version' | 'packages'>,
  { seconds, failures, names, prebuilt }: Pick<Run, 'seconds' | 'failures' | 'names' | 'prebuilt'>,
): PlanJson {
  const declared = new Set([...names, ...prebuilt]);
  const packages = [...plan]
    .sort(([a], [b]) => order(a, b))
    .map(([name, one]) => ({
      name,
      state: one.state,
      reason: one.reason,
      key: keyOf(one),
      waitsFor: one.state === 'maybe' ? one.waitsFor : [],
      fromToolchain: brokenCyclesOf(one),
      seconds: seconds.get(name) ?? null,
      ...failureParts(one),
      isOfTree: failures.has(name),
      ...(!declared.has(name) && { revealed: true }),
    }));
  return { schema: 'azl/plan', version: 1, ...facts, packages };
}

function failureParts(one: PackagePlan) {
  const { kind = null, line = null, problems = [] } = one.state === 'failed' ? one : {};
  const shown = problems.map(({ message, file, line, hint }) => ({ message, file, line, hint }));
  return { kind, line, problems: shown, rootCauses: one.state === 'blocked' ? one.rootCauses : [] };
}

function keyOf(one: PackagePlan): string | null {
  if ('result' in one) return one.result.key;
  return 'build' in one ? one.build.key : null;
}

/** The packages that a build takes from the toolchain by the policy on cycles, as its key has them. Pure. */
export function brokenCyclesOf(one: PackagePlan): string[] {
  const { components = {} } = 'result' in one ? one.result : 'build' in one ? one.build : {};
  const prefix = 'cycle:';
  return Object.keys(components).flatMap((name) =>
    name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  );
}
