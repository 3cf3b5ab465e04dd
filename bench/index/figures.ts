import { markdownTable } from '../../scripts/markdown.ts';

/** Sizes and times of one JSON document: an index or a heartbeat. */
export interface Weight {
  jsonBytes: number;
  /** Compressed as in artifacts. */
  gzipBytes: number;
  /** Medians of writing it, and of reading and checking it. */
  writeSeconds: number;
  readSeconds: number;
}

/** Weight of the heartbeats of a simulated run. */
export interface HeartbeatWeight {
  shards: number;
  /** Packages in the largest heartbeat. */
  packages: number;
  largest: Weight;
  /** The most bytes of heartbeats that one job reads, as if each manifest were compressed alone. Real ones are smaller. */
  readBytes: number;
}

/** `bench/index/results.json` */
export interface IndexResults {
  schema: 'azl/bench-index';
  version: 3;
  command: string;
  machine: string;
  packages: number;
  rpms: number;
  /** RPMs with the paths of a Debian package of their name; of another one of their kind. */
  matched: number;
  drawn: number;
  paths: number;
  index: Weight & {
    /** Compressed as in GitHub's cache. */
    zstdBytes: number;
    heapBytes: number;
    /** The longest time in which nothing else got its turn. */
    blockedSeconds: number;
  };
  /** The index, if no path were in it. */
  withoutPaths: { jsonBytes: number; gzipBytes: number };
  heartbeats: HeartbeatWeight[];
}

const megabytes = (bytes: number, digits = 1) => `${(bytes / 1e6).toFixed(digits)} MB`;
const seconds = (value: number) => (value < 0.1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);

/** The figures of the index for docs/store.md, as Markdown. Pure. */
export function indexFigures(results: IndexResults): string {
  const { index, withoutPaths } = results;
  const rows = [
    ['in the cache', megabytes(index.zstdBytes)],
    ['beside the plan', `${megabytes(index.gzipBytes)}, without paths ${megabytes(withoutPaths.gzipBytes)}`],
    ['as JSON', megabytes(index.jsonBytes, 0)],
    ['in memory', megabytes(index.heapBytes, 0)],
    ['read and checked in', seconds(index.readSeconds)],
    ['written in', seconds(index.writeSeconds)],
    ['without a turn for others, at most', seconds(index.blockedSeconds)],
  ];
  return [
    `The index of all of Azure Linux 3.0: ${results.packages} packages, ${results.rpms} RPMs, ${results.paths} paths.`,
    '',
    markdownTable(['index', 'size or time'], rows),
    '',
    `Measured by \`${results.command}\` on ${results.machine}. Names and dependencies are those of Azure Linux. ${results.matched} RPMs have the paths of the Debian package of their name, and ${results.drawn} those of a Debian package of their kind. Each program or library adds 15 made-up paths to a debuginfo RPM.`,
  ].join('\n');
}

/** The figures of heartbeats for docs/shards.md, as Markdown. Pure. */
export function heartbeatFigures(results: IndexResults): string {
  const rows = results.heartbeats.map(({ shards, packages, largest, readBytes }) => [
    String(shards),
    `${megabytes(largest.gzipBytes)} (${packages} packages)`,
    `${megabytes(largest.jsonBytes)}, ${seconds(largest.readSeconds)}`,
    megabytes(readBytes, 0),
  ]);
  const head = [
    'shards',
    'largest heartbeat',
    'its JSON, time to read it',
    'all heartbeats that one job reads, at most',
  ];
  return [
    markdownTable(head, rows),
    '',
    `A heartbeat has the manifests of all results that its shard published, with whole lists of files. Simulated with ${results.packages} packages of Azure Linux 3.0 and one seed, by \`${results.command}\`.`,
  ].join('\n');
}
