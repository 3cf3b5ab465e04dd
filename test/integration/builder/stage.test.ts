import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import { stage } from '../../../src/shared/builder/pack-srpm.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { madeUpSpec } from '../../support/made-up.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-stage-'));
const specsDir = join(dir, 'SPECS');
const paths = {
  spec: join(specsDir, 'app/app.spec'),
  include: join(specsDir, 'app/sub/deep/common.inc'),
  source: join(dir, 'cache/app.tar.gz'),
  patch: join(specsDir, 'app/fix.patch'),
};
const spec = {
  ...madeUpSpec('app'),
  specsDir,
  digest: textDigest('spec'),
  sources: [
    { name: 'app.tar.gz', kind: 'source' as const, number: 0 },
    { name: 'fix.patch', kind: 'patch' as const, number: 0, executable: true },
  ],
  includes: [{ name: 'sub/deep/common.inc', digest: textDigest('include') }],
};
const sources = async () => ({ 'app.tar.gz': textDigest('source'), 'fix.patch': textDigest('patch') });
const files = new Map([
  ['app.tar.gz', paths.source],
  ['fix.patch', paths.patch],
]);
const context = {
  inputs: { buildDir: join(dir, 'build') },
  tree: { sources },
} as unknown as BuildContext;

beforeEach(async () => {
  await mkdir(join(specsDir, 'app/sub/deep'), { recursive: true });
  await mkdir(join(dir, 'cache'), { recursive: true });
  for (const [name, path] of Object.entries(paths)) await writeFile(path, name);
});
afterAll(() => rmSync(dir, { recursive: true }));

it('lays out what the key was made of, with fixed modes and times', async () => {
  const staging = await stage(context, spec, files);
  for (const [path, text, mode] of [
    ['SPECS/app.spec', 'spec', 0o644],
    ['SOURCES/sub/deep/common.inc', 'include', 0o644],
    ['SOURCES/app.tar.gz', 'source', 0o644],
    ['SOURCES/fix.patch', 'patch', 0o755],
  ] as const) {
    expect(readFileSync(join(staging, path), 'utf8')).toBe(text);
    const found = statSync(join(staging, path));
    expect([found.mode & 0o7777, found.mtimeMs]).toEqual([mode, 1_735_689_600_000]);
  }
});

it('lays it out for the builder alone, whatever the mask of the caller is', async () => {
  const before = process.umask(0o077);
  try {
    const staging = await stage(context, spec, files);
    const modes = [
      '',
      'SPECS',
      'SOURCES',
      'SOURCES/sub',
      'SOURCES/sub/deep',
      'macros.zz-azl',
      'SPECS/app.spec',
    ].map((path) => statSync(join(staging, path)).mode & 0o7777);
    expect(modes).toEqual([0o700, 0o755, 0o755, 0o755, 0o755, 0o644, 0o644]);
  } finally {
    process.umask(before);
  }
});

it.each(Object.entries(paths))('refuses a %s that changed since the key was made', async (_name, path) => {
  await writeFile(path, 'edited meanwhile');
  await expect(stage(context, spec, files)).rejects.toThrow(
    `'${path}' changed during the run. Run the same command again.`,
  );
});
