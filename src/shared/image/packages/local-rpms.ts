import { dirname } from 'node:path';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { filesBelow } from '../../host/folders.ts';
import type { Rpm } from '../../model/rpm.ts';
import { RpmFormatError } from '../../rpm/header.ts';
import { readRpm } from '../../rpm/read.ts';

/**
 * Returns the RPMs in a folder, at any depth, each with the folder that holds it; none when there is no folder.
 * @throws ProblemsError naming every file that is not a sound RPM
 */
export async function readLocalRpms(dir: string): Promise<Map<Rpm, string>> {
  const folders = new Map<Rpm, string>();
  const problems: Problem[] = [];
  for (const path of await filesBelow(dir)) {
    if (!path.endsWith('.rpm') || /\.(no)?src\.rpm$/.test(path)) continue;
    try {
      folders.set(await readRpm(path), dirname(path));
    } catch (error) {
      if (!(error instanceof RpmFormatError)) throw error;
      const message = error.message.replace(`${path}: `, 'This is ');
      problems.push({ message, file: path, hint: 'Remove it, then run: make build-packages' });
    }
  }
  failOnProblems(problems);
  return folders;
}
