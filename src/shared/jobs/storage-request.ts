import type { PlanJson } from '../planner/plan-json.ts';
import type { PackageReport } from '../shards/protocol/heartbeat.ts';
import type { StorageRequest } from '../store/allocation.ts';
import { bytesStored } from '../store/budget.ts';
import { newestResults, type StoreIndex } from '../store/store-index.ts';

/** What one job that builds all of these packages needs room for. */
export function storageRequestAlone(index: StoreIndex, names: readonly string[]): StorageRequest {
  const moving = newestOf(index, names);
  return { staying: [], moving, unknown: names.length - moving.length, spent: 0, writers: 1 };
}

/**
 * What a run of several jobs needs room for.
 * @param told what its jobs told so far
 * @param savers jobs that store results beside this one, and this one
 */
export function storageRequestOf(
  index: StoreIndex,
  { packages }: Pick<PlanJson, 'packages'>,
  told: Iterable<PackageReport>,
  savers: number,
): StorageRequest {
  const staying = packages.flatMap(({ state, key }) => {
    const one = state === 'reuse' && key !== null ? index.results.get(key) : undefined;
    return one === undefined ? [] : [one];
  });
  const open = packages.filter(({ state }) => state === 'build' || state === 'maybe');
  const moving = newestOf(
    index,
    open.map(({ name }) => name),
  );
  const known = new Set([...moving, ...staying.map(({ result }) => result)].map((one) => one.package));
  const spent = [...told].map(({ package: name, result, kept = 'nothing' }) =>
    result === undefined || known.has(name) ? 0 : bytesStored(result, kept),
  );
  return {
    ...{ staying, moving, unknown: open.length - moving.length, writers: Math.max(1, savers) },
    spent: spent.reduce((sum, bytes) => sum + bytes, 0),
  };
}

function newestOf(index: StoreIndex, names: readonly string[]) {
  const wanted = new Set(names);
  return newestResults(index).filter((one) => wanted.has(one.package));
}
