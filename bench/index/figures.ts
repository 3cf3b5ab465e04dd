import { markdownTable } from '../../scripts/markdown.ts';

/** An index or a sign: what the product writes, and what becomes of it on its way. */
export interface Weight {
  jsonBytes: number;
  /** As artifacts carry it. */
  gzipBytes: number;
  /** To write it, and to read and check it. Medians. */
  writeSeconds: number;
  readSeconds: number;
}

/** Signs of life of a simulated run. */
export interface Signs {
  shards: number;
  /** Packages that the largest sign tells. */
  packages: number;
  largest: Weight;
  /** Most that one job was told, bytes, each manifest compressed alone: they are smaller together. */
  heardBytes: number;
}

/** `bench/index/results.json` */
export interface IndexResults {
  schema: 'azl/bench-index';
  version: 1;
  command: string;
  machine: string;
  packages: number;
  rpms: number;
  /** RPMs whose paths are those of a Debian package of their name, and of one like it. */
  matched: number;
  drawn: number;
  paths: number;
  index: Weight & {
    /** As GitHub's cache keeps it. */
    zstdBytes: number;
    heapBytes: number;
  };
  /** The index, if no path were in it. */
  withoutPaths: { jsonBytes: number; gzipBytes: number };
  signs: Signs[];
}

const megabytes = (bytes: number, digits = 1) => `${(bytes / 1e6).toFixed(digits)} MB`;
const seconds = (value: number) => (value < 0.1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);

/** What the docs say of the index, as Markdown. Pure. */
export function indexFigures(results: IndexResults): string {
  const { index, withoutPaths } = results;
  return [
    `**Whole file lists are in it**, because a spec that changes may require a path that nothing required before. For all of Azure Linux 3.0 (${results.packages} packages, ${results.rpms} RPMs, ${results.paths} paths) that is ${megabytes(index.zstdBytes)} in the cache and ${megabytes(index.gzipBytes)} beside the plan (${megabytes(withoutPaths.gzipBytes)} without paths): ${megabytes(index.jsonBytes, 0)} of JSON, read and checked in ${seconds(index.readSeconds)}, written in ${seconds(index.writeSeconds)}, ${megabytes(index.heapBytes, 0)} in memory.`,
    '',
    `Measured by \`${results.command}\` on ${results.machine}: names and dependencies are Azure Linux's; the paths of ${results.matched} RPMs are those of the Debian package of their name, of ${results.drawn} those of one of their kind, of debuginfo RPMs made up, 15 for each program or library.`,
  ].join('\n');
}

/** What the docs say of signs of life, as Markdown. Pure. */
export function signFigures(results: IndexResults): string {
  const rows = results.signs.map(({ shards, packages, largest, heardBytes }) => [
    String(shards),
    `${megabytes(largest.gzipBytes)} (${packages} packages)`,
    `${megabytes(largest.jsonBytes)}, ${seconds(largest.readSeconds)}`,
    megabytes(heardBytes, 0),
  ]);
  const head = [
    'shards',
    'largest sign of life',
    'its JSON, to read it',
    'all signs that one job reads, at most',
  ];
  return [
    markdownTable(head, rows),
    '',
    `A sign carries the manifests of all that its shard published, with whole lists of files. ${results.packages} packages of Azure Linux 3.0, one seed, by \`${results.command}\`.`,
  ].join('\n');
}
