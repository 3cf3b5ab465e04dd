import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../builder/paths.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { TreeInputs } from '../../model/inputs.ts';
import type { ArtifactFiles } from '../transport/exchange.ts';

/** Runs `body` with a new folder, which is removed afterwards. */
export async function withFolder<T>(inputs: TreeInputs, body: (dir: string) => Promise<T>): Promise<T> {
  return await withTempDir(paths.exchange(inputs), 'own-', body);
}

/** Returns the files of an artifact that holds one text file. The text is made when the file is written. */
export function textFile(inputs: TreeInputs, name: string, text: () => string): ArtifactFiles {
  return (use) =>
    withFolder(inputs, async (dir) => {
      await writeFile(join(dir, name), text());
      return await use(dir, [name]);
    });
}
