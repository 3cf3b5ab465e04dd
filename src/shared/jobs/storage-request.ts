import type { PlanJson } from '../planner/plan-json.ts';
import type { PackageReport } from '../shards/protocol/heartbeat.ts';
import type { StorageRequest } from '../store/allocation.ts';
import { bytesStored } from '../store/allocation.ts';
import { newestResults, type StoreIndex } from '../store/store-index.ts';

/** The request of one job that builds all of these packages. */
export function storageRequestAlone(index: StoreIndex, names: readonly string[]): StorageRequest {
  const moving = newestOf(index, names);
  return { staying: [], moving, unknown: names.length - moving.length, spent: 0, writers: 1 };
}

/**
 * The request of a run of several jobs, after these reports of them.
 * @param writers number of jobs that store results at the same time, this one included
 */
export function storageRequestOf(
  index: StoreIndex,
  { packages }: { packages: readonly Pick<PlanJson['packages'][number], 'name' | 'state' | 'key'>[] },
  reports: Iterable<PackageReport>,
  writers: number,
): StorageRequest {
  const staying = packages.flatMap(({ state, key }) => {
    const one = state === 'reuse' && key !== null ? index.results.get(key) : undefined;
    return one === undefined ? [] : [one];
  });
  const open = packages.flatMap(({ name, state }) => (['build', 'maybe'].includes(state) ? [name] : []));
  const moving = newestOf(index, open);
  const known = new Set([...moving, ...staying.map(({ result }) => result)].map((one) => one.package));
  const spent = [...reports].map(({ package: name, result, stored = 'none' }) =>
    result === undefined || known.has(name) ? 0 : bytesStored(result, stored),
  );
  return {
    ...{ staying, moving, unknown: open.length - moving.length, writers: Math.max(1, writers) },
    spent: spent.reduce((sum, bytes) => sum + bytes, 0),
  };
}

function newestOf(index: StoreIndex, names: readonly string[]) {
  const wanted = new Set(names);
  return newestResults(index).filter((one) => wanted.has(one.package));
}
