import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeOwnFolder } from '../../../src/shared/host/folders.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

it('a folder of azl is made, or stays as it is', async () => {
  const dir = join(temporary(), 'build', 'logs');
  await makeOwnFolder(dir);
  mkdirSync(join(dir, 'kept'));
  await makeOwnFolder(dir);
  expect(readdirSync(dir)).toEqual(['kept']);
});

it('a link in its place is refused, wherever it leads', async () => {
  const [dir, other] = [temporary(), temporary()];
  for (const target of [other, join(other, 'new')]) {
    const link = join(dir, `link-${target.length}`);
    symlinkSync(target, link);
    await expect(makeOwnFolder(link)).rejects.toThrow(
      `${link}: This folder of azl is a link. Remove the link.`,
    );
  }
  expect(existsSync(join(other, 'new'))).toBe(false);
});
