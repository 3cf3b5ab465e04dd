import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkSpace } from '../../../src/shared/host/space.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

it('folders of one file system share what it has; what does not fit is one problem with both numbers', async () => {
  const dir = temporary();
  const [a, b] = [join(dir, 'a/deep'), join(dir, 'b')];
  const { bavail, bsize } = statfsSync(dir);
  const most = bavail * bsize * 0.6;
  await checkSpace('It', [{ dir: a, bytes: most }]);
  expect(existsSync(a)).toBe(true);
  await checkSpace('It', [
    { dir: a, bytes: most },
    { dir: b, bytes: 0 },
  ]);
  const both = [a, b].map((one) => ({ dir: one, bytes: most }));
  await expect(checkSpace('It', both)).rejects.toThrow(
    new RegExp(`^It needs \\d+ MB in ${a} and ${b}, where \\d+ MB are free. Free some space`),
  );
});
