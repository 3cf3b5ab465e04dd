import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lockFolder } from '../../../src/shared/host/lock.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

it('a locked folder names its owner to the next one, and is free afterwards', async () => {
  const dir = temporary();
  const release = await lockFolder(dir);
  await expect(lockFolder(dir)).rejects.toThrow(
    `Another azl (process ${process.pid}) is at work in '${dir}'`,
  );
  await release();
  await (await lockFolder(dir))();
});

it.each<[string, (path: string, secret: string) => void]>([
  ['a link', (path, secret) => symlinkSync(secret, path)],
  ['a link to nothing', (path, secret) => symlinkSync(`${secret}.new`, path)],
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a device', (path) => symlinkSync('/dev/full', path)],
  ['a folder', (path) => mkdirSync(path)],
])('%s in the place of a lock is refused, and nothing is written', async (_what, put) => {
  const [dir, other] = [temporary(), temporary()];
  const secret = join(other, 'secret');
  writeFileSync(secret, 'words');
  put(join(dir, '.azl-lock'), secret);
  await expect(lockFolder(dir)).rejects.toThrow(`${join(dir, '.azl-lock')}: This is no plain file`);
  expect(readFileSync(secret, 'utf8')).toBe('words');
  expect(execFileSync('ls', [other], { encoding: 'utf8' })).toBe('secret\n');
});
