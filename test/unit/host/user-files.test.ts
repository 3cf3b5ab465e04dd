import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { readUserFile } from '../../../src/shared/host/files.ts';
import { readSignatures } from '../../../src/shared/sources/signatures.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-user-files-'));
afterAll(() => rmSync(dir, { recursive: true }));
const tree = join(dir, 'tree');
mkdirSync(join(tree, 'a'), { recursive: true });
writeFileSync(join(dir, 'secret'), 'secret words');
writeFileSync(join(tree, 'words'), 'words');

const digest = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
writeFileSync(join(tree, 'shared.json'), JSON.stringify({ Signatures: { x: digest } }));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemsError);
  return (error as ProblemsError).problems.map(formatProblem).join();
}

const inPlace: [string, (path: string) => void, string][] = [
  ['a link to another file of the machine', (path) => symlinkSync(join(dir, 'secret'), path), 'leads out of'],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path), 'leads out of'],
  ['a link to nothing', (path) => symlinkSync('nothing', path), '(no such file)'],
  ['a pipe', (path) => execFileSync('mkfifo', [path]), '(it is no regular file)'],
  ['a folder', (path) => mkdirSync(path), '(it is no regular file)'],
  ['a huge file', huge, 'larger than 16 MiB'],
];

function huge(path: string) {
  writeFileSync(path, '');
  truncateSync(path, 2 ** 32);
}

it.each(inPlace)('%s is refused in the place of a file of a user', async (_what, put, why) => {
  const path = join(tree, 'a/a.signatures.json');
  put(path);
  try {
    const message = await refusal(readUserFile(path, 'It'));
    expect(message).toMatch(new RegExp(`^${path}: It `));
    const ofSignatures = await refusal(readSignatures({ package: 'a', specsDir: tree, path: 'a/a.spec' }));
    for (const one of [message, ofSignatures]) {
      expect(one).toContain(why);
      expect(one).not.toContain('words');
    }
  } finally {
    rmSync(path, { recursive: true });
  }
});

it('a link may lead to a file in its folder, and one of signatures to a file of the tree', async () => {
  symlinkSync('words', join(tree, 'link'));
  expect(await readUserFile(join(tree, 'link'), 'It')).toBe('words');
  symlinkSync('../shared.json', join(tree, 'a/b.signatures.json'));
  const signatures = await readSignatures({ package: 'b', specsDir: tree, path: 'a/b.spec' });
  expect([...signatures]).toEqual([['x', digest]]);
  expect(await readSignatures({ package: 'c', specsDir: tree, path: 'a/c.spec' })).toEqual(new Map());
});
