import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepRoot } from '../../../src/shared/builder/kept-root.ts';
import { writeJson } from '../../../src/shared/host/json-files.ts';
import { imageStore } from '../../../src/shared/image/cache/image-store.ts';
import { publishImage } from '../../../src/shared/image/out-images.ts';
import { planJson } from '../../../src/shared/planner/plan-json.ts';
import { buildJson } from '../../../src/shared/report/build-json.ts';
import { publishSrpm } from '../../../src/shared/rpm-repository/write/publish.ts';
import { heartbeatText } from '../../../src/shared/shards/protocol/heartbeat.ts';
import type { ArtifactFiles } from '../../../src/shared/shards/transport/exchange.ts';
import { claim } from '../../../src/shared/shards/worker/claim.ts';
import { openAnswers } from '../../../src/shared/solver/saved-answers.ts';
import { DirectoryStore } from '../../../src/shared/store/directory-store.ts';
import { writeIndex } from '../../../src/shared/store/index-lines.ts';
import { newIndex, type StoreIndex } from '../../../src/shared/store/store-index.ts';
import { fixedValues, log, newFolder, written } from './golden.ts';
import * as made from './made-up.ts';
import * as madeImages from './made-up-images.ts';

const { lib } = made.rpms;

async function documents(): Promise<Record<string, unknown>> {
  const { result } = made;
  const nonReproducible = {
    package: 'lib',
    rpms: ['lib'],
    counts: { shard: 1, artifact: 'azl-result-1-1-1' },
    others: [{ shard: 2, artifact: null }],
  };
  const build = buildJson(
    new Map([
      ['lib', { state: 'built', reason: 'spec changed', result, stored: 'full' }],
      [
        'app',
        { state: 'failed', reason: '%build failed', log: '/x/app.log', seconds: 3, key: made.hex('c') },
      ],
      ['bar', { state: 'blocked', reason: 'app failed', rootCauses: ['app'] }],
      ['baz', { state: 'left', reason: 'no time' }],
      ['foo', { state: 'reused', reason: 'unchanged', result: { ...result, package: 'foo' } }],
    ]),
    {
      pathOf: ({ file, arch }) => `RPMS/${arch}/${file}`,
      publishedRpms: (outcome) => ('result' in outcome ? outcome.result.rpms : []),
      checks: new Map([
        ['lib', true],
        ['foo', false],
      ]),
      logOf: (name) => `azl-logs-1-${name}`,
      nonReproducible: [nonReproducible],
      builtAgain: ['lib'],
    },
  );
  const planned = { key: made.hex('d'), components: {}, installed: [], packages: [] };
  const problems = [{ message: 'nothing provides x', file: 'SPECS/baz/baz.spec', line: 7, hint: 'Add it.' }];
  const failures = new Map([
    ['baz', { state: 'failed' as const, reason: '', kind: 'requirement' as const, problems }],
  ]);
  const plan = planJson(
    new Map([
      ['lib', { state: 'reuse', reason: 'unchanged', result }],
      ['app', { state: 'build', reason: 'spec changed', build: planned }],
      ['bar', { state: 'maybe', reason: 'app is built', waitsFor: ['app'] }],
      ['baz', { state: 'failed', reason: 'nothing provides x', kind: 'requirement', line: 7, problems }],
      ['qux', { state: 'blocked', reason: 'needs baz, which failed', rootCauses: ['baz'] }],
    ]),
    {
      ...{ workerDigest: made.hex('a'), shards: 2, entries: 3, heavy: ['app'], heavyShards: 1 },
      ...{ heavyEntries: 1, retentionDays: 1, pointers: { 'perl(Odd)': ['lib'] }, breakCycles: ['m4'] },
    },
    { seconds: new Map([['lib', 12.5]]), failures, names: ['lib', 'app', 'bar', 'baz', 'qux'], prebuilt: [] },
  );
  const answer = { ok: true as const, installed: [{ origin: 'local' as const, file: lib.file }] };
  const index: StoreIndex = {
    ...newIndex(),
    results: new Map([[result.key, { result, seen: 1_796_000_000, stored: 'without-debug' }]]),
    answers: new Map([[made.hex('f'), answer]]),
    generated: new Map([
      [made.hex('c'), { key: made.hex('c'), package: 'app', requirements: ['lib-devel >= 1'] }],
    ]),
    parses: new Map([
      [
        made.hex('e'),
        { digest: made.hex('9'), ended: null, output: '', answers: [], opened: [], programs: [], named: [] },
      ],
    ]),
  };
  const dir = newFolder();

  const store = newFolder();
  const files = newFolder();
  await new DirectoryStore(store).put(result, files, false);

  let claimText = '';
  const exchange = {
    find: async () => undefined,
    create: async (_name: string, files: ArtifactFiles) => {
      await files(async (root, [file = '']) => {
        claimText = `${file}: ${written(join(root, file))}`;
      });
      return { id: 1, name: 'x', createdAt: 0, size: 0 };
    },
  };
  const inputs = { buildDir: newFolder(), outDir: newFolder() };
  mkdirSync(join(inputs.buildDir, 'exchange'));
  const context = { inputs };
  await claim({ state: { context }, exchange, shard: { id: 3 } } as never, 'name');
  const srpm = join(newFolder(), result.srpm.file);
  writeFileSync(srpm, 'srpm');
  const repository = { outDir: inputs.outDir, arch: 'x86_64', packages: new Set(['lib']) };
  await publishSrpm(repository, 'lib', srpm);

  const kept = { overlay: newFolder(), staging: newFolder() };
  const note = { package: 'lib', workerDigest: made.hex('a'), argv: ['rpmbuild', '-bb'] };
  await keepRoot(kept, join(dir, 'kept'), { ...note, asRoot: false, log: 'lib.log' });

  const folder = newFolder();
  writeFileSync(join(folder, 'minimal-3.1.raw'), 'raw');
  const { manifest } = await publishImage(join(dir, 'images'), madeImages.image, folder);
  await imageStore(newFolder(), log).put(madeImages.image, folder);

  const images = imageStore(join(dir, 'store'), log);
  await images.keepVerdict(madeImages.image.key, madeImages.verdict);

  const memory = await openAnswers(join(dir, 'solver.json'), true, newIndex());
  memory.set(made.hex('f'), answer);
  await memory.save();

  await writeIndex(join(dir, 'index.jsonl'), index);
  await writeJson(join(dir, 'build.json'), build);
  await writeJson(join(dir, 'plan.json'), plan);
  return {
    'text: build.json': written(join(dir, 'build.json')),
    'text: plan.json': written(join(dir, 'plan.json')),
    'text: packages.json': written(join(inputs.outDir, 'packages.json')),
    'text: heartbeat.json': heartbeatText({
      ...{ shard: 2, attempt: 1, clock: 1_796_000_020, reports: [...made.reports] },
      ranOut: [{ package: 'slow', seconds: 7 }],
    }),
    'text: claim.json': claimText,
    'text: index.jsonl': written(join(dir, 'index.jsonl')),
    'text: result.json': written(join(store, 'results', 'aa', result.key, 'result.json')),
    'text: result.sha256': written(join(store, 'results', 'aa', result.key, 'result.sha256')),
    'text: latest': written(join(store, 'latest', 'lib.json')),
    'text: solver.json': written(join(dir, 'solver.json')),
    'text: kept.json': written(join(dir, 'kept', 'kept.json')),
    'text: manifest of an image': `${manifest.slice(dir.length)}: ${written(manifest)}`,
    'text: boot.json': written(join(images.folder(madeImages.image.key), 'boot.json')),
  };
}

fixedValues('documents', documents);
