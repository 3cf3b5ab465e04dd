import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../builder/paths.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { TreeInputs } from '../../model/inputs.ts';

/** A new folder, as long as `body` runs. */
export async function withFolder<T>(inputs: TreeInputs, body: (dir: string) => Promise<T>): Promise<T> {
  return await withTempDir(paths.exchange(inputs), 'own-', body);
}

/** A folder that holds this one file, as long as `body` runs. */
export async function withFile<T>(
  inputs: TreeInputs,
  name: string,
  text: string,
  body: (dir: string) => Promise<T>,
): Promise<T> {
  return await withFolder(inputs, async (dir) => {
    await writeFile(join(dir, name), text);
    return await body(dir);
  });
}
