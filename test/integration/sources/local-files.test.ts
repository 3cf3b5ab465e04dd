import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { SpecSource } from '../../../src/shared/model/spec.ts';
import { digestsOf, localFile } from '../../../src/shared/sources/local-files.ts';
import { openSources } from '../../../src/shared/sources/locate.ts';
import { readSignatures, writeSignatures } from '../../../src/shared/sources/signatures.ts';

const specsDir = mkdtempSync(join(tmpdir(), 'azl-local-'));
const locations = { specsDir, sourceDirs: [] };
mkdirSync(join(specsDir, 'a'));
afterAll(() => rmSync(specsDir, { recursive: true }));

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const patch = (name: string, read?: string): SpecSource => ({
  ...{ name, kind: 'patch', number: 0 },
  ...(read === undefined ? {} : { read }),
});
const digests = async (source: SpecSource) =>
  await digestsOf(locations, { package: 'a', path: 'a/a.spec', sources: [source] }, new Map());

it.each(['__proto__', 'constructor', '-rf', 'a b', '.hidden'])('a file may be called %j', async (name) => {
  const path = join(specsDir, 'a', name);
  writeFileSync(path, 'words');
  const found = await digests(patch(name));
  expect([found.problems, Object.entries(found.digests)]).toEqual([[], [[name, sha('words')]]]);
  const spec = { package: 'a', path: 'a/a.spec', sources: [] };
  expect(await localFile(locations, spec, patch(name))).toEqual({ path });
});

it('a file that changed after rpm had read it is refused', async () => {
  writeFileSync(join(specsDir, 'a/x.patch'), 'new');
  const { problems } = await digests(patch('x.patch', sha('old')));
  expect(problems.map(({ message }) => message)).toEqual(['it changed while its spec was parsed']);
  expect((await digests(patch('x.patch', sha('new')))).problems).toEqual([]);
});

it('signatures that are there stay, when only the missing ones are written', async () => {
  const sources: SpecSource[] = [];
  for (const name of ['new.conf', 'old.conf']) {
    writeFileSync(join(specsDir, 'a', name), 'words');
    sources.push({ name, kind: 'source', number: sources.length });
  }
  const spec = { package: 'a', path: 'a/a.spec', sources };
  await writeSignatures(specsDir, spec, new Map([['old.conf', sha('before')]]));
  const open = openSources(
    { ...locations, cacheDir: join(specsDir, 'cache'), sourceUrl: '' },
    { log: recordingLog() },
  );
  expect(await open.writeSignatures(spec, 'missing')).toBe(join(specsDir, 'a/a.signatures.json'));
  const [fresh, old] = [sha('words'), sha('before')];
  expect([...(await readSignatures(specsDir, spec))]).toEqual([
    ['new.conf', fresh],
    ['old.conf', old],
  ]);
  expect(await open.writeSignatures(spec, 'missing')).toBeUndefined();
  expect(await open.writeSignatures({ ...spec, sources: [] }, 'missing')).toBeUndefined();
  await open.writeSignatures(spec, 'all');
  expect([...(await readSignatures(specsDir, spec)).values()]).toEqual([fresh, fresh]);
});
