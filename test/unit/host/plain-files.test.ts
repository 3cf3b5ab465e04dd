import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endOfPlainFile } from '../../../src/shared/host/plain-files.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

it('the end of a file is read alone, however long the file is', async () => {
  const path = join(temporary(), 'serial.log');
  writeFileSync(path, '');
  expect(await endOfPlainFile(path, 4)).toBe('');
  writeFileSync(path, 'one');
  expect(await endOfPlainFile(path, 4)).toBe('one');
  writeFileSync(path, 'one\ntwo\n');
  expect(await endOfPlainFile(path, 4)).toBe('two\n');
  // More than a string or a buffer holds.
  truncateSync(path, 2 ** 40);
  expect(await endOfPlainFile(path, 4)).toBe('\0\0\0\0');
  await expect(endOfPlainFile(join(path, '..'), 4)).rejects.toThrow('This is no plain file');
});
