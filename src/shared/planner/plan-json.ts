import { order } from '../base/order.ts';
import {
  constant,
  digest,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  plainName,
  text,
  word,
} from '../base/schema.ts';
import { type PackagePlan, planStates } from '../model/outcome.ts';

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
  }[];
}

/** More than the jobs of any matrix. */
const mostShards = 10_000;

const names = list(plainName, 100_000);

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
  packages: list(
    object<PlanJson['packages'][number]>({
      name: plainName,
      state: oneOf(...planStates),
      reason: text(1e6),
      key: nullable(digest),
      waitsFor: names,
      fromToolchain: names,
      seconds: nullable(number()),
    }),
    100_000,
  ),
});

/** Writes a plan as data, packages sorted by name. Pure. */
export function planJson(
  plan: ReadonlyMap<string, PackagePlan>,
  facts: Omit<PlanJson, 'schema' | 'version' | 'packages'>,
  seconds: ReadonlyMap<string, number>,
): PlanJson {
  const packages = [...plan]
    .sort(([a], [b]) => order(a, b))
    .map(([name, one]) => ({
      name,
      state: one.state,
      reason: one.reason,
      key: one.state === 'reuse' ? one.result.key : one.state === 'build' ? one.build.key : null,
      waitsFor: one.state === 'maybe' ? one.waitsFor : [],
      fromToolchain: brokenCyclesOf(one),
      seconds: seconds.get(name) ?? null,
    }));
  return { schema: 'azl/plan', version: 1, ...facts, packages };
}

/** The packages that a build takes from the toolchain by the policy on cycles, as its key has them. Pure. */
export function brokenCyclesOf(one: PackagePlan): string[] {
  const { components } =
    one.state === 'reuse' ? one.result : one.state === 'build' ? one.build : { components: {} };
  const prefix = 'cycle:';
  return Object.keys(components).flatMap((name) =>
    name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  );
}
