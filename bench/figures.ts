import { markdownTable } from '../scripts/markdown.ts';
import type { BuildRoot } from './build-root.ts';
import type { MainJob } from './main-job.ts';

/** `bench/results.json`: what `make bench` measured, where, of which commit. */
export interface Results {
  schema: 'azl/bench';
  version: 1;
  command: string;
  /** The commit that was measured; `+` behind it: with changes that were not committed. */
  commit: string;
  machine: { processor: string; cores: number; memoryGiB: number; system: string; kernel: string };
  mainJob: MainJob;
  buildRoot: BuildRoot;
}

/** `4:33`, `6.6 s`, `12 ms` */
function time(seconds: number): string {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

/** What the README says of speed, as Markdown. Pure. */
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
