/** One package to be built, as a forecast sees it. */
export interface Task {
  name: string;
  /** Expected. */
  seconds: number;
  /** Tasks that have to end before. Names that are no task count as done. */
  needs: readonly string[];
}

/** Finish times within this factor count as equal: expected times are no more exact. */
const tolerance = 1.02;

/** Seconds of the longest chain of tasks: no number of shards is faster. There must be no cycle. Pure. */
export function criticalPath(tasks: readonly Task[]): number {
  return Math.max(0, ...prepare(tasks).rank);
}

/** The priority of each task: seconds of the longest chain from its start to the end of the run. Pure. */
export function ranks(tasks: readonly Task[]): Map<string, number> {
  const { rank } = prepare(tasks);
  return new Map(tasks.map(({ name }, at) => [name, rank[at] ?? 0]));
}

/** Seconds until so many shards have done all tasks, if each takes the ready task with the longest path. Pure. */
export function forecast(tasks: readonly Task[], shards: number): number {
  return listSchedule(prepare(tasks), shards);
}

/** The smallest number of shards that end about as soon as `most` would; 0 when there is nothing to do. Pure. */
export function shardsThatHelp(tasks: readonly Task[], most: number): number {
  if (tasks.length === 0) return 0;
  const prepared = prepare(tasks);
  const soonest = listSchedule(prepared, most);
  let [low, high] = [1, Math.min(most, tasks.length)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (listSchedule(prepared, middle) <= soonest * tolerance) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Times, dependents and open needs of tasks by number, and their `rank`: the longest path from its start to the end. */
function prepare(tasks: readonly Task[]) {
  const index = new Map(tasks.map(({ name }, at) => [name, at]));
  const dependents: number[][] = tasks.map(() => []);
  const open = tasks.map(({ needs }, at) => {
    const own = new Set(needs.flatMap((need) => index.get(need) ?? []));
    for (const need of own) dependents[need]?.push(at);
    return own.size;
  });
  const rank = tasks.map(() => -1);
  const order: number[] = [];
  const left = [...open];
  const queue = left.flatMap((count, at) => (count === 0 ? [at] : []));
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    order.push(at);
    for (const next of dependents[at] ?? []) {
      left[next] = (left[next] ?? 0) - 1;
      if (left[next] === 0) queue.push(next);
    }
  }
  for (const at of order.reverse()) {
    const after = Math.max(0, ...(dependents[at] ?? []).map((next) => rank[next] ?? 0));
    rank[at] = (tasks[at]?.seconds ?? 0) + after;
  }
  return { seconds: tasks.map(({ seconds }) => seconds), dependents, open, rank };
}

function listSchedule(prepared: ReturnType<typeof prepare>, shards: number): number {
  const { seconds, dependents, open, rank } = prepared;
  const left = [...open];
  const ready: number[] = [];
  const running: { at: number; end: number }[] = [];
  const insert = <T>(list: T[], one: T, before: (other: T) => boolean) => {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(list[middle] as T)) high = middle;
      else low = middle + 1;
    }
    list.splice(low, 0, one);
  };
  // Both lists end with what comes first.
  const offer = (at: number) => insert(ready, at, (other) => (rank[other] ?? 0) > (rank[at] ?? 0));
  for (const [at, count] of left.entries()) if (count === 0) offer(at);
  let now = 0;
  while (ready.length > 0 || running.length > 0) {
    while (ready.length > 0 && running.length < shards) {
      const at = ready.pop() as number;
      const end = now + (seconds[at] ?? 0);
      insert(running, { at, end }, (other) => other.end < end);
    }
    const { at, end } = running.pop() as { at: number; end: number };
    now = end;
    for (const next of dependents[at] ?? []) {
      left[next] = (left[next] ?? 0) - 1;
      if (left[next] === 0) offer(next);
    }
  }
  return now;
}
