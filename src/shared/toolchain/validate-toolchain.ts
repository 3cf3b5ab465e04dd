import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { ToolchainSourceInputs } from '../model/inputs.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { makeDownloader } from '../sources/download.ts';
import { checkWorker } from './check-worker.ts';
import { unsatisfied } from './convert/requirements.ts';
import { checksSignatures, collectKeys, unsignedProblems } from './manifest/signatures.ts';
import { UnusableToolchainError } from './unusable.ts';
import { verifiedRpms } from './verified-rpms.ts';

/**
 * Looks for everything that is wrong with a toolchain folder: files that are missing, damaged or surplus, a worker that is
 * not what its RPMs state, requirements that no RPM of it satisfies, and RPMs that none of the keys signed.
 * @param tempDir a folder for temporary files
 */
export async function validateToolchain(
  dir: string,
  toolchain: Toolchain,
  source: ToolchainSourceInputs,
  { tempDir, signal }: { tempDir: string; signal?: AbortSignal | undefined },
): Promise<Problem[]> {
  const { rpms, worker, mode } = toolchain;
  const files = await problemsIn(async () => void (await verifiedRpms(dir, rpms)));
  const known = new Set(rpms.map(({ file }) => file));
  const there = await readdir(join(dir, 'RPMS')).catch(() => []);
  const surplus = there
    .filter((file) => !known.has(file))
    .map((file) => ({ message: 'It is no RPM of the toolchain', file: join(dir, 'RPMS', file) }));
  const ofWorker =
    files.length > 0 ? [] : await problemsIn(async () => await checkWorker(dir, worker, signal));
  const missing = [...unsatisfied(rpms)].flatMap(([rpm, requires]) =>
    requires.map((one) => ({
      message: `${rpm.file} requires '${one}', which no RPM of the toolchain provides`,
    })),
  );
  const signatures =
    files.length > 0 || mode === 'bootstrap' || !checksSignatures(source)
      ? []
      : await withTempDir(tempDir, 'validate-', async (temp) => {
          const keysDir = join(temp, 'keys');
          await collectKeys(source.toolchainGpgValidationKeys, keysDir, makeDownloader({ signal }));
          const signed = { dir: join(dir, 'RPMS'), rpms, manifest: source.toolchainManifest };
          return (await unsignedProblems(signed, { keysDir, tempDir: temp, signal })).map(
            ({ problem }) => problem,
          );
        });
  return [...files, ...surplus, ...ofWorker, ...missing, ...signatures];
}

async function problemsIn(check: () => Promise<void>): Promise<Problem[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return [...error.problems];
    if (error instanceof UnusableToolchainError)
      return [{ message: `The toolchain is damaged: ${error.message}` }];
    throw error;
  }
}
