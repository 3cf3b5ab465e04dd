import { order } from '../base/order.ts';
import type { PackagePlan } from '../model/outcome.ts';

/** `out/plan.json` (docs/schema/plan.schema.json). */
export interface PlanJson {
  schema: 'azl/plan';
  version: 1;
  /** Who builds against another worker does not build this plan. */
  workerDigest: string;
  /** Shards that help, and entries of the matrix: they start one after the other, so many at once. Numbered from 1. */
  shards: number;
  entries: number;
  /** Packages that only the shards of the second matrix take; their numbers follow. */
  heavy: string[];
  heavyShards: number;
  heavyEntries: number;
  /** Days that what its jobs exchange is kept when no merge removes it. */
  retentionDays: number;
  packages: {
    name: string;
    state: string;
    reason: string;
    key: string | null;
    waitsFor: string[];
    /** That its newest build took; null when it was never built. */
    seconds: number | null;
  }[];
}

/** What would become of each package. */
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
      seconds: seconds.get(name) ?? null,
    }));
  return { schema: 'azl/plan', version: 1, ...facts, packages };
}
