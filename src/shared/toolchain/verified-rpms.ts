import { join } from 'node:path';
import { makeCommand } from '../base/make-command.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import { ifAbsent } from '../host/files.ts';
import type { Rpm } from '../model/rpm.ts';

/** The errors of the files that this process has checked, by digest and path. */
const checked = new Map<string, Promise<string | undefined>>();

/**
 * Returns the folder of a toolchain's RPMs after comparing `rpms` with their digests, each once in a process.
 * @throws ProblemsError that names each RPM that is missing or damaged
 */
export async function verifiedRpms(toolchainDir: string, rpms: readonly Rpm[]): Promise<string> {
  const dir = join(toolchainDir, 'RPMS');
  const file = join(toolchainDir, 'toolchain.json');
  const hint = `Remove ${file}, then run \`${makeCommand('toolchain')}\`: what is damaged is made anew.`;
  const problems = await Promise.all(
    rpms.map(async ({ file, shipDigest }): Promise<Problem[]> => {
      const path = join(dir, file);
      const id = `${shipDigest} ${path}`;
      const check = checked.get(id) ?? errorOf(path, shipDigest);
      checked.set(id, check);
      const error = await check;
      return error === undefined ? [] : [{ message: `This RPM of the toolchain ${error}`, file: path, hint }];
    }),
  );
  failOnProblems(problems.flat());
  return dir;
}

async function errorOf(path: string, digest: string): Promise<string | undefined> {
  const actual = await fileDigest(path).catch(ifAbsent(undefined));
  if (actual === undefined) return 'is missing';
  return actual === digest ? undefined : `is damaged: its SHA-256 is ${actual} instead of ${digest}`;
}
