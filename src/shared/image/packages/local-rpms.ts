import { makeCommand } from '../../base/make-command.ts';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { filesBelow } from '../../host/folders.ts';
import type { Rpm } from '../../model/rpm.ts';
import { RpmFormatError } from '../../rpm/header.ts';
import { readRpm } from '../../rpm/read.ts';

/**
 * Returns the RPMs in a folder, at any depth, each with the path of its file; none when there is no folder. Of files with
 * the same bytes the first counts.
 * @throws ProblemsError naming every file that is not a sound RPM, or has the name of another
 */
export async function readLocalRpms(dir: string): Promise<Map<Rpm, string>> {
  const paths = new Map<Rpm, string>();
  const byFile = new Map<string, Rpm>();
  const problems: Problem[] = [];
  const hint = `Remove it, then run: ${makeCommand('build-packages')}`;
  for (const path of await filesBelow(dir)) {
    if (!path.endsWith('.rpm') || /\.(no)?src\.rpm$/.test(path)) continue;
    try {
      const rpm = await readRpm(path);
      const other = byFile.get(rpm.file);
      if (other === undefined) paths.set(rpm, path);
      else if (other.shipDigest !== rpm.shipDigest)
        problems.push({ message: `This is another RPM than ${paths.get(other)}`, file: path, hint });
      byFile.set(rpm.file, other ?? rpm);
    } catch (error) {
      if (!(error instanceof RpmFormatError)) throw error;
      problems.push({ message: `This is not a sound RPM file: ${error.reason}`, file: path, hint });
    }
  }
  failOnProblems(problems);
  return paths;
}
