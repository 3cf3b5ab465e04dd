import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failOnProblems, type Problem, problem } from '../../base/problems.ts';
import type { ToolchainSourceInputs } from '../../model/inputs.ts';
import { fetchKey } from '../../repositories/key-file.ts';
import { unsignedRpms } from '../../repositories/signed.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import type { Downloader } from '../../sources/download.ts';
import { shownAddress } from '../../sources/web-address.ts';
import type { ListedFile } from './parse-manifest.ts';

/** True if signatures of RPMs are checked. @throws ProblemsError if they are to be, and no key is given. Pure. */
export function checksSignatures(
  source: Pick<ToolchainSourceInputs, 'validateToolchainGpg' | 'toolchainGpgValidationKeys'>,
): boolean {
  const { validateToolchainGpg, toolchainGpgValidationKeys: keys } = source;
  if (validateToolchainGpg === true && keys.length === 0)
    throw problem("Input 'validate-toolchain-gpg' (VALIDATE_TOOLCHAIN_GPG) is true, and there is no key", {
      hint: "Name the public keys of those who may have signed the RPMs: input 'toolchain-gpg-validation-keys'.",
    });
  return validateToolchainGpg ?? keys.length > 0;
}

/**
 * Writes the public keys to the new folder `dir`, as `0.asc`, `1.asc` and so on.
 * @returns their paths
 * @throws ProblemsError naming each that cannot be had, or is none
 */
export async function collectKeys(
  keys: readonly string[],
  dir: string,
  downloader: Downloader,
): Promise<string[]> {
  await mkdir(dir);
  // The sandbox's ordinary user reads them.
  await chmod(dir, 0o755);
  const problems: Problem[] = [];
  const paths = await Promise.all(
    keys.map(async (key, index) => {
      const path = join(dir, `${index}.asc`);
      const failure = await fetchKey(key, path, downloader);
      if (failure === undefined) await chmod(path, 0o644);
      else
        problems.push({
          message: `Input 'toolchain-gpg-validation-keys': ${shownAddress(key)} ${failure}`,
        });
      return path;
    }),
  );
  failOnProblems(problems);
  return paths;
}

/** RPM files in a folder, with the lines of the manifest that lists them. */
interface SignedFiles {
  dir: string;
  rpms: readonly Pick<Partial<ListedFile> & { file: string }, 'file' | 'line'>[];
  manifest: string;
}

interface SignatureOptions {
  /** The folder of {@link collectKeys}. */
  keysDir: string;
  tempDir: string;
  signal?: AbortSignal | undefined;
}

/**
 * Checks the signatures of RPM files with the host's rpmkeys, whose keyring holds only the keys in `keysDir`.
 * @returns the files that none of the keys signed
 * @throws ProblemsError if they cannot be checked
 */
export async function unsignedProblems(
  { dir, rpms, manifest }: SignedFiles,
  { keysDir, tempDir, signal }: SignatureOptions,
): Promise<{ file: string; problem: Problem }[]> {
  const files = rpms.map(({ file }) => file);
  const options = { as: 'builder', ok: 'any', timeoutSeconds: 600, signal } as const;
  const unsigned = await unsignedRpms(
    { dir, files, keysDir, tempDir },
    async (script, binds) => await runHostTool(['/bin/sh', '-c', script], { ...options, binds }),
  );
  if ('failure' in unsigned)
    throw problem(`The signatures of the toolchain cannot be checked: ${unsigned.failure}`);
  const hint = "The keys are those of the input 'toolchain-gpg-validation-keys'.";
  return rpms
    .filter(({ file }) => unsigned.includes(file))
    .map(({ file, line }) => {
      const place = { file: manifest, ...(line !== undefined && { line }), hint };
      return { file, problem: { message: `${file} is not signed with any of the keys`, ...place } };
    });
}

/**
 * Checks signatures as {@link unsignedProblems}. Removes the files without one: the next run fetches them anew.
 * @throws ProblemsError naming each that none of the keys signed
 */
export async function checkRpmSignatures(files: SignedFiles, options: SignatureOptions): Promise<void> {
  const bad = await unsignedProblems(files, options);
  await Promise.all(bad.map(async ({ file }) => await rm(join(files.dir, file), { force: true })));
  failOnProblems(bad.map((one) => one.problem));
}
