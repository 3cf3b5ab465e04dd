import { cpSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { recordingLog } from '../../src/shared/base/log.ts';
import { ProblemsError } from '../../src/shared/base/problems.ts';
import { readKeptRoot } from '../../src/shared/builder/kept-root.ts';
import type { Cache } from '../../src/shared/github/cache/cache.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import { isAbsent } from '../../src/shared/host/files.ts';
import { NotPlainFileError, readPlainFile } from '../../src/shared/host/plain-files.ts';
import { imageCache } from '../../src/shared/image/cache/image-cache.ts';
import { bootFile, imageFile, imageStore } from '../../src/shared/image/cache/image-store.ts';
import { readPlan } from '../../src/shared/jobs/read-plan.ts';
import { heartbeatFile } from '../../src/shared/shards/protocol/heartbeat.ts';
import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import { directoryExchange } from '../../src/shared/shards/transport/directory-exchange.ts';
import { ownerOf } from '../../src/shared/shards/worker/claim.ts';
import { HeartbeatReader } from '../../src/shared/shards/worker/heartbeat-reader.ts';
import { openAnswers } from '../../src/shared/solver/saved-answers.ts';
import { CachedStore } from '../../src/shared/store/cached-store.ts';
import { DirectoryStore } from '../../src/shared/store/directory-store.ts';
import { indexFile, readIndex } from '../../src/shared/store/index-lines.ts';
import { resultFolder } from '../../src/shared/store/result-files.ts';
import { newIndex } from '../../src/shared/store/store-index.ts';
import { parseToolchain } from '../../src/shared/toolchain/check-toolchain.ts';
import { UnusableToolchainError } from '../../src/shared/toolchain/unusable.ts';
import { workerDigest } from '../../src/shared/toolchain/worker.ts';
import { madeImage, plannedImage } from './made-image.ts';
import { madeKey, madeResult } from './made-result.ts';
import { madeUpRpm } from './made-up.ts';

/** A document of another job, run or machine, and the code that reads it. */
export interface DocumentReader {
  name: string;
  /** The valid document; of several lines, the last one. */
  value: unknown;
  /** Writes the files of a new case. @returns the path of the document */
  lay(dir: string, text: string): string;
  /** Reads it from there. @returns true if its content was taken */
  isTaken(dir: string): Promise<boolean>;
  /** Places whose texts are for people, or are compared and never become a path. */
  texts: RegExp;
  /** Fields that may be absent. */
  optional: RegExp;
}

const log = recordingLog();
const key = madeKey('ab');
const digest = textDigest('any');
const scratch = (dir: string) => mkdtempSync(join(dir, 'scratch-'));
const put = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const nothing = /^$/;
/** A stranger's document may be anything but a crash. */
const refused = (error: unknown): boolean => {
  if (error instanceof ProblemsError || error instanceof UnusableToolchainError || isAbsent(error))
    return false;
  throw error;
};

/** A cache with one entry, any of whose files may be of any kind. It can be fetched once. */
const cacheOf = (entry: string) =>
  ({
    readable: true,
    fetch: async (_place: string, _key: string, to: string) => {
      renameSync(entry, to);
      return true;
    },
  }) as unknown as Cache;

const artifact: ArtifactInfo = { id: 1, name: 'azl-heartbeat-1-2-1-1', createdAt: 1.796e9, size: 1 };
const artifactFile = (dir: string, file: string) => join(dir, 'artifacts', artifact.name, 'files', file);
const layArtifact = (dir: string, file: string, text: string) => {
  put(join(dir, 'artifacts', artifact.name, 'id'), '1');
  return put(artifactFile(dir, file), text);
};

async function isHeartbeatTaken(dir: string): Promise<boolean> {
  const taken: unknown[] = [];
  const note = (one: unknown) => void taken.push(one);
  const state = {
    context: { log, inputs: { buildDir: scratch(dir) }, tree: { toolchain: { worker: [] } } },
    noteOthersReport: note,
    noteRanOut: note,
  };
  const answers = { has: () => false, add: (all: ReadonlyMap<string, unknown>) => [...all].map(note) };
  await new HeartbeatReader(state as never, directoryExchange(dir), 1, answers).read(artifact);
  return taken.length > 0;
}

/** All documents, with the real code that reads each. @param dir a folder for what they are made of */
export async function documentReaders(dir: string): Promise<DocumentReader[]> {
  const files = join(dir, 'files');
  const result = await madeResult(files, key, 'bytes');
  const rpm = madeUpRpm('base', { arch: hostArchitecture.rpm, shipDigest: digest, outputDigest: digest });
  const answer = { ok: true, installed: [{ origin: 'local', file: 'a-1-1.noarch.rpm' }] };
  const common = { texts: nothing, optional: nothing };
  const counts = { results: 1, answers: 1, parses: 0, generated: 0 };
  const head = { schema: 'azl/index', version: 4, onlyStored: true, ...counts };
  const lines = (indexed: unknown, answered: unknown) =>
    [indexed, answered].map((one) => JSON.stringify(one));
  const [indexLine = '', answerLine = ''] = lines(
    { result, seen: 1, stored: 'full' },
    { question: digest, answer },
  );
  const layIndex = (to: string, ...all: string[]) => put(join(to, indexFile), `${all.join('\n')}\n`);
  const readsIndex =
    (isIn: (index: Awaited<ReturnType<typeof readIndex>>['index']) => boolean) => async (to: string) =>
      await readIndex(join(to, indexFile)).then(
        ({ index, errors }) => isIn(index) && errors.length === 0,
        refused,
      );
  const layEntry = (to: string, text: string) => {
    const folder = join(to, 'entry', resultFolder(result));
    cpSync(files, folder, { recursive: true });
    return put(join(folder, 'result.json'), text);
  };
  const layImage = (to: string, image: string, boot: string) => {
    put(join(to, 'entry/x.raw'), 'bytes');
    return [put(join(to, 'entry', imageFile), image), put(join(to, 'entry', bootFile), boot)];
  };
  const fetchImage = async (to: string) => {
    const store = imageStore(join(scratch(to), 'images'), log);
    await imageCache(cacheOf(join(to, 'entry')), scratch(to), false, log).fetch(plannedImage, store);
    return store;
  };
  const lists = 'provides|requires|conflicts|obsoletes';
  const capability = new RegExp(`\\.(?:${lists})\\.\\d+$`);
  return [
    {
      ...{ ...common, name: 'result.json of a cache entry', value: result, lay: layEntry },
      isTaken: async (to) => {
        const store = new CachedStore(
          new DirectoryStore(scratch(to)),
          cacheOf(join(to, 'entry')),
          newIndex(),
          {
            ...{ tempDir: scratch(to), warn: () => {}, onStoreError: 'fail', partsToSave: () => 'none' },
            ...{ saves: false, shared: false },
          },
        );
        return (await store.search(key, 'app')) !== undefined;
      },
    },
    {
      ...{ ...common, name: 'result.json of a folder', value: result },
      lay: (to, text) => {
        const folder = join(to, 'results', resultFolder(result));
        put(join(folder, 'result.sha256'), textDigest(text));
        return put(join(folder, 'result.json'), text);
      },
      isTaken: async (to) =>
        await new DirectoryStore(to).get(key, 'app').then((found) => found !== undefined, isDamaged),
      texts: capability,
    },
    {
      ...{ ...common, name: 'the index: its head', value: head },
      lay: (to, text) => layIndex(to, text, indexLine, answerLine),
      isTaken: readsIndex(() => true),
    },
    {
      ...{ ...common, name: 'the index: a result', value: JSON.parse(indexLine), texts: capability },
      lay: (to, text) => layIndex(to, JSON.stringify(head), text, answerLine),
      isTaken: readsIndex((index) => index.results.size > 0),
    },
    {
      ...{ ...common, name: 'the index: an answer', value: JSON.parse(answerLine) },
      lay: (to, text) => layIndex(to, JSON.stringify(head), indexLine, text),
      isTaken: readsIndex((index) => index.answers.size > 0),
    },
    {
      name: heartbeatFile,
      value: {
        ...{ schema: 'azl/heartbeat', version: 1, shard: 2, attempt: 1, clock: 1.796e9 },
        reports: [
          {
            ...{
              package: 'app',
              key,
              state: 'built',
              reason: 'new',
              seconds: 1,
              started: 1,
              ended: 2,
              shard: 2,
            },
            ...{ lines: ['a line'], result, stored: 'full', artifact: 'azl-result-1-2-1', id: 7 },
          },
        ],
        ranOut: [{ package: 'slow', seconds: 1 }],
        answers: [{ question: digest, without: ['a.rpm'], toolchain: ['b.rpm'], local: ['c.rpm'] }],
      },
      lay: (to, text) => layArtifact(to, heartbeatFile, text),
      isTaken: isHeartbeatTaken,
      texts: new RegExp(`\\.(?:reason|lines\\.0|(?:${lists})\\.\\d+)$`),
      optional: /^\.(?:clock|ranOut|answers)$|\.stored$/,
    },
    {
      ...{ ...common, name: 'claim.json', value: { shard: 3 } },
      lay: (to, text) => layArtifact(to, 'claim.json', text),
      isTaken: async (to) => {
        const state = { context: { inputs: { buildDir: scratch(to) } } };
        return (await ownerOf({ state, exchange: directoryExchange(to) } as never, artifact)) !== undefined;
      },
    },
    {
      name: 'plan.json',
      ...{
        texts: /\.reason$|\.problems\.0\.(?:message|file|hint)$/,
        optional: /^\.pointers\.|\.problems\.0\.(?:file|line|hint)$/,
      },
      value: {
        ...{ schema: 'azl/plan', version: 1, workerDigest: digest, shards: 1, entries: 1, heavy: ['slow'] },
        ...{
          heavyShards: 1,
          heavyEntries: 1,
          retentionDays: 1,
          pointers: { 'perl(Odd)': ['lib'] },
          breakCycles: ['m4'],
        },
        packages: [
          {
            ...{ name: 'app', state: 'maybe', reason: 'lib decides', key, waitsFor: ['lib'] },
            ...{ fromToolchain: ['m4'], seconds: 1, kind: null, line: null, rootCauses: [] },
            ...{ problems: [{ message: 'm', file: 'a.spec', line: 1, hint: 'h' }], isOfTree: true },
          },
        ],
      },
      lay: (to, text) => put(join(to, 'plan.json'), text),
      isTaken: async (to) =>
        await readPlan({} as never, newIndex(), join(to, 'plan.json')).then(() => true, refused),
    },
    {
      ...{ ...common, name: 'image.json', value: madeImage },
      lay: (to, text) => layImage(to, text, '{}')[0] as string,
      isTaken: async (to) => (await (await fetchImage(to)).get(plannedImage)) !== undefined,
    },
    {
      ...{ ...common, name: 'boot.json', texts: /\.(?:state|reason|unit|log\.0)$/ },
      value: {
        ...{
          schema: 'azl/boot-test',
          version: 1,
          key: plannedImage.key,
          recipe: imageStore(dir, log).recipe,
        },
        verdict: {
          ...{ passed: true, state: 'running', failed: [{ unit: 'a', log: ['b'] }], seconds: 1, reason: '' },
          acceleration: 'tcg',
        },
      },
      lay: (to, text) => layImage(to, JSON.stringify(madeImage), text)[1] as string,
      isTaken: async (to) => (await (await fetchImage(to)).verdict(plannedImage.key)) !== undefined,
    },
    {
      ...{ ...common, name: 'the saved answers of the solver', value: { [digest]: answer } },
      lay: (to, text) => put(join(to, 'solver.json'), text),
      isTaken: async (to) => {
        const index = newIndex();
        await openAnswers(join(to, 'solver.json'), true, index);
        return index.answers.size > 0;
      },
    },
    {
      name: 'the latest result',
      ...{ texts: /\.components\.spec$/, optional: /\.components\.spec$/ },
      value: { key, components: { spec: 'ab' }, seconds: 1 },
      lay: (to, text) => put(join(to, 'latest/app.json'), text),
      isTaken: async (to) => (await new DirectoryStore(to).latest('app')) !== undefined,
    },
    {
      ...{ ...common, name: 'kept.json', texts: /\.argv\.\d+$/ },
      value: {
        ...{ schema: 'azl/kept-root', version: 4, package: 'app', workerDigest: digest, argv: ['rpmbuild'] },
        ...{ asRoot: true, log: 'app.log' },
      },
      lay: (to, text) => put(join(to, 'kept.json'), text),
      isTaken: async (to) => (await readKeptRoot(to)) !== undefined,
    },
    {
      ...{ ...common, name: 'toolchain.json', texts: new RegExp(`\\.(?:${lists})\\.\\d+$`) },
      value: {
        ...{
          schema: 'azl/toolchain',
          version: 1,
          mode: 'bootstrap',
          arch: hostArchitecture.rpm,
          rpms: [rpm],
        },
        ...{ worker: [rpm.file], workerDigest: workerDigest([rpm]) },
      },
      lay: (to, text) => put(join(to, 'toolchain.json'), text),
      isTaken: async (to) =>
        await readPlainFile(join(to, 'toolchain.json'), 32e6)
          .then((text) => {
            parseToolchain(text);
            return true;
          })
          .catch(refused),
    },
  ];
}

function isDamaged(error: Error): boolean {
  if (error.constructor.name === 'DamagedResultError' || error instanceof NotPlainFileError) return false;
  throw error;
}
