import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readToolchain, stampFile } from '../../../src/shared/toolchain/folder.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

it.each<[string, (path: string, other: string) => void]>([
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a link', (path, other) => symlinkSync(other, path)],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
])('%s in the place of the stamp of a toolchain makes it incomplete', async (_what, put) => {
  const dir = temporary();
  const other = join(dir, 'other');
  writeFileSync(other, 'stamp');
  put(join(dir, stampFile), other);
  expect(await readToolchain(dir, 'stamp')).toBeUndefined();
});
