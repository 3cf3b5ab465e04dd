import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { repository } from '../../scripts/build-dist.ts';
import { consoleLog } from '../../scripts/console-log.ts';
import { withBlock } from '../../scripts/markdown.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import { type Heartbeat, readHeartbeat } from '../../src/shared/shards/protocol/heartbeat.ts';
import {
  newIndex,
  readIndex,
  type StoreIndex,
  seeResults,
  writeIndex,
} from '../../src/shared/store/store-index.ts';
import { azureLinux, factsFolder, readFacts } from '../schedule/azure-linux.ts';
import { makeLoad } from '../schedule/load.ts';
import { simulate } from '../schedule/simulate.ts';
import { median, rounded } from '../stopwatch.ts';
import { openDebian } from './contents.ts';
import {
  type HeartbeatWeight,
  heartbeatFigures,
  type IndexResults,
  indexFigures,
  type Weight,
} from './figures.ts';
import { manifests, standIns } from './manifests.ts';

const rounds = 7;
/** Hours of all builds together, as in `bench/schedule`. */
const hours = 170;

const facts = factsFolder('the index', 'bench-index');
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const lines = readFacts(facts);
const needs = azureLinux(lines);
const debian = await openDebian(join(repository, 'build', 'bench', 'debian'), consoleLog);
if (debian === undefined) {
  console.error(
    'apt fetched no list of the files of packages (Contents, from the sources of this host): nothing was measured. Use a host with a mirror of Debian.',
  );
  process.exit(1);
}
const found = standIns(lines.built, debian.names);
const held = await debian.filesOf(new Set([...found.values()].flatMap(({ debs }) => debs)));
const all = manifests(lines, needs, found, held);
const byName = new Map(all.map((one) => [one.package, one]));

function timed(work: () => unknown): number {
  const taken = Array.from({ length: rounds }, () => {
    collect();
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  });
  return rounded(median(taken));
}

function weigh(write: () => string, read: (text: string) => unknown): Weight {
  const text = write();
  return {
    jsonBytes: Buffer.byteLength(text),
    gzipBytes: gzipSync(text).length,
    writeSeconds: timed(write),
    readSeconds: timed(() => read(text)),
  };
}

/** Returns the index after a run that built everything. Its answers name the RPMs of each build root. */
function indexOf(results: readonly Result[]): StoreIndex {
  const index = newIndex();
  seeResults(index, results, 1_700_000_000);
  for (const { package: name, components } of results) {
    const parts = Object.keys(components).filter((part) => part.startsWith('installed:'));
    const installed = parts.map((part) => {
      const [, rpm, arch] = /^installed:(.*)\.([^.]+)$/.exec(part) ?? [];
      return { origin: 'local' as const, file: `${rpm}-1.2.3-4.azl3.${arch}.rpm` };
    });
    index.answers.set(textDigest(name), { ok: true, installed });
  }
  return index;
}

function heapOf(make: () => unknown): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const stored = [make()];
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return stored.length * bytes;
}

function heartbeatsOf(shards: number): HeartbeatWeight {
  const sizes = new Map(all.map((one) => [one.package, gzipSync(JSON.stringify(one)).length]));
  const run = simulate({ load: makeLoad(needs, hours, 1), shards, seed: 1, manifests: sizes });
  const largestHeartbeat: Heartbeat = {
    ...{ schema: 'azl/heartbeat', version: 1, shard: 1, attempt: 1 },
    reports: run.largestHeartbeat.map((name, at) => {
      const result = byName.get(name) as Result;
      const { key, seconds } = result;
      const times = { seconds, started: 1_700_000_000.123, ended: 1_700_000_123.579 };
      const built = {
        result,
        stored: 'full' as const,
        artifact: `azl-result-1-1-${at}`,
        id: 1_234_567_890 + at,
      };
      return {
        package: name,
        key,
        state: 'built',
        reason: 'no earlier result',
        shard: 1,
        lines: [],
        ...times,
        ...built,
      };
    }),
  };
  const largest = weigh(() => JSON.stringify(largestHeartbeat), readHeartbeat);
  return { shards, packages: run.largestHeartbeat.length, largest, readBytes: run.readBytes };
}

const index = indexOf(all);
const text = writeIndex(index);
const bare = writeIndex(
  indexOf(all.map((one) => ({ ...one, rpms: one.rpms.map((rpm) => ({ ...rpm, files: [], folders: [] })) }))),
);
const rpms = all.flatMap((one) => one.rpms);
const [processor] = cpus();
const named = [...found.values()].filter(({ debs }) => debs.length > 0);
const results: IndexResults = {
  schema: 'azl/bench-index',
  version: 2,
  command: 'make bench-index',
  machine: `${cpus().length} cores (${(processor?.model ?? '').trim()})`,
  packages: all.length,
  rpms: rpms.length,
  matched: named.filter(({ drawn }) => !drawn).length,
  drawn: named.filter(({ drawn }) => drawn).length,
  paths: rpms.reduce((sum, { files, folders }) => sum + files.length + folders.length, 0),
  index: {
    ...weigh(() => writeIndex(index), readIndex),
    zstdBytes: zstdCompressSync(text).length,
    heapBytes: heapOf(() => readIndex(text)),
  },
  withoutPaths: { jsonBytes: Buffer.byteLength(bare), gzipBytes: gzipSync(bare).length },
  heartbeats: [heartbeatsOf(8), heartbeatsOf(60)],
};
writeFileSync(join(repository, 'bench', 'index', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
for (const [page, block, figures] of [
  ['store.md', 'bench-index', indexFigures(results)],
  ['shards.md', 'bench-heartbeats', heartbeatFigures(results)],
] as const) {
  const path = join(repository, 'docs', page);
  writeFileSync(path, withBlock(readFileSync(path, 'utf8'), block, `\n${figures}\n`));
  console.log(figures);
}
