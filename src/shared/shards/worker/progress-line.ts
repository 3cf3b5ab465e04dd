import { clock, roughly } from '../../base/duration.ts';

/** The state of a run of builds. Times in seconds. */
export interface BuildProgress {
  done: number;
  total: number;
  /** Longest running first. */
  running: { name: string; seconds: number }[];
  ready: number;
  /** Expected time to the end; absent when it is not known. */
  left?: number;
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

/** A build that is running or still to come. */
interface OpenBuild {
  /** Expected duration. */
  seconds: number;
  /** Time that it has been running; absent when it has not started. */
  ran?: number;
  /** Seconds of the longest chain of builds from its start to the end of the run. */
  priority: number;
}

/** A running build is expected to take at least so many more seconds. */
const leastRest = 2;

/** Returns the seconds that a job which builds alone still needs, as many builds at once as are running now. */
export function secondsToGo(builds: readonly OpenBuild[]): number {
  const running = builds.filter(({ ran }) => ran !== undefined);
  const waiting = builds.filter(({ ran }) => ran === undefined);
  const work = builds.reduce(
    (sum, { seconds, ran }) => sum + (ran === undefined ? seconds : Math.max(leastRest, seconds - ran)),
    0,
  );
  const longest = Math.max(0, ...waiting.map(({ priority }) => priority));
  return Math.max(longest, work / Math.max(1, running.length));
}
