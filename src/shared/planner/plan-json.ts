import { order } from '../base/order.ts';
import {
  constant,
  described,
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
  workerDigest: described('SHA-256 of the worker that the keys are made with.', digest),
  shards: described('Jobs that help at once.', integer(0, mostShards)),
  entries: described('Entries of the matrix: as one job ends, the next starts.', integer(0, mostShards)),
  heavy: described('Packages that only jobs of the second matrix build.', names),
  heavyShards: described('Like shards, of the second matrix.', integer(0, mostShards)),
  heavyEntries: described('Like entries, of the second matrix.', integer(0, mostShards)),
  retentionDays: described(
    'Days that what the jobs of the run exchange is kept when no merge removes it.',
    integer(1, 90),
  ),
  pointers: described(
    'By capability, packages that earlier builds showed to provide what no spec declares.',
    map(names, word(65_536)),
  ),
  packages: described(
    'Each package of the run once.',
    list(
      object<PlanJson['packages'][number]>({
        name: described("The spec's file name without `.spec`.", plainName),
        state: described(
          'build, reuse, failed (it cannot be built), or maybe (decided when the packages in waitsFor are there).',
          oneOf(...planStates),
        ),
        reason: described('Why, in words.', text(1e6)),
        key: described(
          'SHA-256 over everything that can change the result; null until its inputs are known.',
          nullable(digest),
        ),
        waitsFor: described('Names of the packages whose results decide.', names),
        fromToolchain: described('Packages that it takes from the toolchain, as break-cycles says.', names),
        seconds: described('What its newest build took; null when it was never built.', nullable(number())),
      }),
      100_000,
    ),
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
