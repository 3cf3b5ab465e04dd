import { clock, roughly } from '../../base/duration.ts';
import { now, type RunningShard } from './running-shard.ts';

/** The state of a run of builds, the longest running first. Times in seconds; `left` to the end, if it is known. */
interface BuildProgress {
  done: number;
  total: number;
  running: { name: string; seconds: number }[];
  ready: number;
  left?: number;
}

/** A running build is expected to take at least so many more seconds. */
const leastRest = 2;

/** Returns the progress of the run in one line. Only a job that builds alone can tell the time to its end. */
export function progressOf({ state, shard, options }: RunningShard): string {
  const { progress, context } = state;
  const ran = new Map([...shard.building].map(([name, { since }]) => [name, now() - since]));
  const running = [...ran].map(([name, seconds]) => ({ name, seconds }));
  const isAlone = options.peers.first === options.peers.last && options.others === undefined;
  const open = state.left().map((name) => {
    const priority = context.run.priority.get(name) ?? 0;
    return { seconds: state.expected(name), priority, ran: ran.get(name) };
  });
  return progressLine({
    done: progress.outcomes.size,
    total: progress.names.size,
    running: running.sort((a, b) => b.seconds - a.seconds),
    ready: [...progress.ready.keys()].filter((name) => !ran.has(name)).length,
    left: isAlone ? secondsToGo(open) : undefined,
  });
}

/** Returns the progress of a run in one line: `[7/14] bash 0:34 · 2 running · 3 ready · about 2 min left`. */
export function progressLine({ done, total, running, ready, left }: BuildProgress): string {
  const [first] = running;
  return [
    `[${done}/${total}]${first === undefined ? '' : ` ${first.name} ${clock(first.seconds)}`}`,
    ...(running.length > 0 ? [`${running.length} running`] : []),
    ...(ready > 0 ? [`${ready} ready`] : []),
    ...(left === undefined ? [] : [`${roughly(left)} left`]),
  ].join(' · ');
}

/**
 * Returns the seconds that a job which builds alone still needs, as many builds at once as are running now.
 * @param builds expected seconds of each, those since its start, and those of the longest chain from it to the end
 */
export function secondsToGo(builds: readonly { seconds: number; ran?: number; priority: number }[]): number {
  const waiting = builds.filter(({ ran }) => ran === undefined);
  const seconds = builds.map((one) =>
    one.ran === undefined ? one.seconds : Math.max(leastRest, one.seconds - one.ran),
  );
  const work = seconds.reduce((sum, one) => sum + one, 0);
  const longest = Math.max(0, ...waiting.map(({ priority }) => priority));
  return Math.max(longest, work / Math.max(1, builds.length - waiting.length));
}
