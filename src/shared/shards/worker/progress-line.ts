import { clock, roughly } from '../../base/duration.ts';

/** Where a run of builds stands. Times in seconds. */
export interface BuildProgress {
  done: number;
  total: number;
  /** Longest running first. */
  running: { name: string; seconds: number }[];
  ready: number;
  /** Expected time to the end; undefined when nothing is known yet. */
  left?: number;
}

/** `[7/14] bash 0:34 · 2 running · 3 ready · about 2 min left` */
export function progressLine(state: BuildProgress): string {
  const [first] = state.running;
  return [
    `[${state.done}/${state.total}]${first === undefined ? '' : ` ${first.name} ${clock(first.seconds)}`}`,
    ...(state.running.length > 0 ? [`${state.running.length} running`] : []),
    ...(state.ready > 0 ? [`${state.ready} ready`] : []),
    ...(state.left === undefined ? [] : [`${roughly(state.left)} left`]),
  ].join(' · ');
}
