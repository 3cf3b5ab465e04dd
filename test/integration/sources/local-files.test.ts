import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { SpecSource } from '../../../src/shared/model/spec.ts';
import { digestsOf, findLocal } from '../../../src/shared/sources/local-files.ts';
import { openSources } from '../../../src/shared/sources/locate.ts';
import { readSignatures, writeSignatures } from '../../../src/shared/sources/signatures.ts';

const specsDir = mkdtempSync(join(tmpdir(), 'azl-local-'));
const locations = { sourceDirs: [] };
mkdirSync(join(specsDir, 'a'));
afterAll(() => rmSync(specsDir, { recursive: true }));

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const patch = (name: string, read?: string): SpecSource => ({
  ...{ name, kind: 'patch', number: 0 },
  ...(read === undefined ? {} : { read }),
});
const digests = async (source: SpecSource) =>
  await digestsOf(locations, { package: 'a', specsDir, path: 'a/a.spec', sources: [source] }, new Map());

it.each(['__proto__', 'constructor', '-rf', 'a b', '.hidden'])('a file may be called %j', async (name) => {
  const path = join(specsDir, 'a', name);
  writeFileSync(path, 'words');
  const found = await digests(patch(name));
  expect([found.problems, Object.entries(found.digests)]).toEqual([[], [[name, sha('words')]]]);
  const spec = { package: 'a', specsDir, path: 'a/a.spec', sources: [] };
  expect(await findLocal(locations, spec)(patch(name))).toEqual({ path });
});

it('a file that changed after rpm had read it is refused', async () => {
  writeFileSync(join(specsDir, 'a/x.patch'), 'new');
  const { problems } = await digests(patch('x.patch', sha('old')));
  expect(problems.map(({ message }) => message)).toEqual(['it changed while its spec was parsed']);
  expect((await digests(patch('x.patch', sha('new')))).problems).toEqual([]);
});

it('a file below the folder of the spec is found by its name, and two such are refused', async () => {
  for (const path of ['a/below/one.patch', 'a/below/two.patch', 'a/other/two.patch', 'b.patch']) {
    mkdirSync(join(specsDir, path, '..'), { recursive: true });
    writeFileSync(join(specsDir, path), path);
  }
  expect((await digests(patch('one.patch'))).digests).toEqual({ 'one.patch': sha('a/below/one.patch') });
  const said = async (name: string) => (await digests(patch(name))).problems.map(({ message }) => message);
  expect(await said('two.patch')).toEqual([
    `Patch0 'two.patch' lies in the folder of the spec more than once: ${specsDir}/a/below/two.patch, ${specsDir}/a/other/two.patch`,
  ]);
  expect(await said('b.patch')).toEqual([expect.stringContaining('is nowhere to be found')]);
});

it('signatures that are there stay, when only the missing ones are written', async () => {
  const sources: SpecSource[] = [];
  for (const name of ['new.conf', 'old.conf']) {
    writeFileSync(join(specsDir, 'a', name), 'words');
    sources.push({ name, kind: 'source', number: sources.length });
  }
  const spec = { package: 'a', specsDir, path: 'a/a.spec', sources };
  await writeSignatures(spec, new Map([['old.conf', sha('before')]]));
  const open = openSources(
    { ...locations, cacheDir: join(specsDir, 'cache'), sourceUrl: '' },
    { log: recordingLog() },
  );
  expect(await open.writeSignatures(spec, 'missing')).toBe(join(specsDir, 'a/a.signatures.json'));
  const [fresh, old] = [sha('words'), sha('before')];
  expect([...(await readSignatures(spec))]).toEqual([
    ['new.conf', fresh],
    ['old.conf', old],
  ]);
  expect(await open.writeSignatures(spec, 'missing')).toBeUndefined();
  expect(await open.writeSignatures({ ...spec, sources: [] }, 'missing')).toBeUndefined();
  await open.writeSignatures(spec, 'all');
  expect([...(await readSignatures(spec)).values()]).toEqual([fresh, fresh]);
});
