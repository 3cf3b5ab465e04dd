import { markdownTable } from '../scripts/markdown.ts';
import type { BuildRoot } from './build-root.ts';
import type { MainJob } from './main-job.ts';

/** `bench/results.json`: the figures of `make bench`, its machine and commit. */
export interface Results {
  schema: 'azl/bench';
  version: 1;
  command: string;
  /** The measured commit; with `+`: and changes that were not committed. */
  commit: string;
  machine: { processor: string; cores: number; memoryGiB: number; system: string; kernel: string };
  mainJob: MainJob;
  buildRoot: BuildRoot;
}

/** Returns a time as `4:33`, `6.6 s` or `12 ms`. Pure. */
function time(seconds: number): string {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

/** Returns the figures for the README, as Markdown. Pure. */
export function figures(results: Results): string {
  const { mainJob, buildRoot, machine } = results;
  const { cold, again } = mainJob;
  const ratio = (milliseconds: number) => Math.round(milliseconds / buildRoot.freshMilliseconds);
  const parts = (lap: Record<string, number>) =>
    Object.entries(lap)
      .filter(([, seconds]) => seconds >= 0.05)
      .map(([name, seconds]) => `${name} ${time(seconds)}`)
      .join(', ');
  const rows = [
    ['`make image` from downloads alone', time(cold.seconds), parts(cold.parts)],
    [
      `its ${cold.packages} packages, summed`,
      time(Object.values(cold.packageParts).reduce((sum, one) => sum + one, 0)),
      parts(cold.packageParts),
    ],
    ['`make image` again, nothing changed', time(again.seconds), parts(again.parts)],
    [
      'a fresh build root',
      time(buildRoot.freshMilliseconds / 1000),
      `${ratio(buildRoot.untarMilliseconds)} times as fast as untarring the same worker (${buildRoot.workerMegabytes} MB), ${ratio(buildRoot.untarGzipMilliseconds)} times when it is gzipped`,
    ],
  ];
  return [
    markdownTable(['', 'time', 'of which'], rows),
    '',
    `Measured by \`${results.command}\` at ${results.commit.slice(0, 12)} on ${machine.system}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB.`,
  ].join('\n');
}
