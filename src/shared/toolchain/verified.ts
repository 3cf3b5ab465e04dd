import { join } from 'node:path';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import { isAbsent } from '../host/files.ts';
import type { Rpm } from '../model/rpm.ts';

/** What was found out in this process about a file that should have a digest. */
const looked = new Map<string, Promise<string | undefined>>();

/**
 * The folder of a toolchain's RPMs, of which `rpms` were compared with their digests: before anything of them is
 * installed, and once in a process.
 * @throws ProblemsError naming each that is not what the toolchain was made with
 */
export async function verifiedRpms(toolchainDir: string, rpms: readonly Rpm[]): Promise<string> {
  const dir = join(toolchainDir, 'RPMS');
  const faults = await Promise.all(
    rpms.map(async ({ file, shipDigest }): Promise<Problem[]> => {
      const path = join(dir, file);
      const id = `${shipDigest} ${path}`;
      const look = looked.get(id) ?? faultOf(path, shipDigest);
      looked.set(id, look);
      const fault = await look;
      return fault === undefined ? [] : [{ message: `This RPM of the toolchain ${fault}`, file: path }];
    }),
  );
  const hint = `Remove ${join(toolchainDir, 'toolchain.json')}, then run \`make toolchain\`: what is damaged is made anew.`;
  failOnProblems(faults.flat().map((one) => ({ ...one, hint })));
  return dir;
}

async function faultOf(path: string, digest: string): Promise<string | undefined> {
  try {
    const found = await fileDigest(path);
    return found === digest ? undefined : `is damaged: its SHA-256 is ${found} instead of ${digest}`;
  } catch (error) {
    if (isAbsent(error)) return 'is missing';
    throw error;
  }
}
