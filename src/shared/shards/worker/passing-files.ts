import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TreeInputs } from '../../../../actions/build-packages/src/inputs.ts';
import { places } from '../../builder/paths.ts';

/** A new folder, as long as `body` runs. */
export async function withFolder<T>(inputs: TreeInputs, body: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(places.exchange(inputs), 'own-'));
  try {
    return await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
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
