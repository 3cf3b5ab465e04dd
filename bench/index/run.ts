import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { repository } from '../../scripts/build-dist.ts';
import { consoleLog } from '../../scripts/console-log.ts';
import { withBlock } from '../../scripts/markdown.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import { type Heartbeat, readHeartbeat } from '../../src/shared/shards/protocol/heartbeat.ts';
import { indexFile, readIndex, writeIndex } from '../../src/shared/store/index-lines.ts';
import { newIndex, type StoreIndex, seeResults } from '../../src/shared/store/store-index.ts';
import { measuredMachine } from '../measured.ts';
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
const file = join(repository, 'build', 'bench', indexFile);
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

async function timed(work: () => unknown): Promise<{ seconds: number; blockedSeconds: number }> {
  const taken: number[] = [];
  const blocked: number[] = [];
  for (let round = 0; round < rounds; round++) {
    collect();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    await work();
    taken.push((performance.now() - started) / 1000);
    await turn();
    delay.disable();
    blocked.push(delay.max / 1e9);
  }
  return { seconds: rounded(median(taken)), blockedSeconds: rounded(median(blocked)) };
}

async function weigh(
  text: string,
  write: () => unknown,
  read: () => unknown,
): Promise<Weight & { blockedSeconds: number }> {
  const [written, wasRead] = [await timed(write), await timed(read)];
  return {
    jsonBytes: Buffer.byteLength(text),
    gzipBytes: gzipSync(text).length,
    writeSeconds: written.seconds,
    readSeconds: wasRead.seconds,
    blockedSeconds: Math.max(written.blockedSeconds, wasRead.blockedSeconds),
  };
}

/** Returns the text of the file of an index. */
async function textOf(index: StoreIndex): Promise<string> {
  await writeIndex(file, index);
  return readFileSync(file, 'utf8');
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

async function heapOf(make: () => unknown): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  const stored = [await make()];
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return stored.length * bytes;
}

async function heartbeatsOf(shards: number): Promise<HeartbeatWeight> {
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
  const beat = JSON.stringify(largestHeartbeat);
  const read = () => readHeartbeat(beat, { shard: 1, attempt: 1 });
  const { blockedSeconds: _same, ...largest } = await weigh(
    beat,
    () => JSON.stringify(largestHeartbeat),
    read,
  );
  return { shards, packages: run.largestHeartbeat.length, largest, readBytes: run.readBytes };
}

const index = indexOf(all);
const text = await textOf(index);
const bare = await textOf(
  indexOf(all.map((one) => ({ ...one, rpms: one.rpms.map((rpm) => ({ ...rpm, files: [], folders: [] })) }))),
);
const rpms = all.flatMap((one) => one.rpms);
const named = [...found.values()].filter(({ debs }) => debs.length > 0);
const results: IndexResults = {
  schema: 'azl/bench-index',
  version: 3,
  command: 'make bench-index',
  machine: measuredMachine(),
  packages: all.length,
  rpms: rpms.length,
  matched: named.filter(({ drawn }) => !drawn).length,
  drawn: named.filter(({ drawn }) => drawn).length,
  paths: rpms.reduce((sum, { files, folders }) => sum + files.length + folders.length, 0),
  index: {
    ...(await weigh(
      text,
      () => writeIndex(file, index),
      () => readIndex(file),
    )),
    zstdBytes: zstdCompressSync(text).length,
    heapBytes: await heapOf(() => readIndex(file)),
  },
  withoutPaths: { jsonBytes: Buffer.byteLength(bare), gzipBytes: gzipSync(bare).length },
  heartbeats: [await heartbeatsOf(8), await heartbeatsOf(60)],
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
