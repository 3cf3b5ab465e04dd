import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines } from '../base/last-lines.ts';
import { failOnProblems } from '../base/problems.ts';
import { removeTree } from '../host/folders.ts';
import type { ToolResult } from '../host/process.ts';
import { runHostTool } from '../sandbox/host-tool.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import type { Downloader } from '../sources/download.ts';
import { shownAddress } from '../sources/web-address.ts';
import { repositoryError } from './fetch.ts';
import { fetchKey } from './key-file.ts';
import type { Repository } from './repo-file.ts';

/** Collects the keys of a repository in a new folder `keys-…` in `dir`, as the files `0.asc`, `1.asc` and so on. */
export async function collectKeys(repository: Repository, dir: string, downloader: Downloader) {
  const folder = await mkdtemp(join(dir, 'keys-'));
  // The sandbox's ordinary user reads them.
  await chmod(folder, 0o755);
  const files: string[] = [];
  for (const [index, key] of repository.keys.entries()) {
    const path = join(folder, `${index}.asc`);
    const failure = await fetchKey(key, path, downloader);
    const hint = 'A relative path is relative to the folder of the .repo file.';
    if (failure !== undefined)
      throw repositoryError(repository, `its gpgkey ${shownAddress(key)} ${failure}`, hint);
    await chmod(path, 0o644);
    files.push(path);
  }
  return { dir: folder, files };
}

const noKey = 'its gpgkey is not a public key';

const gpg = 'gpg --batch --no-options --no-autostart --quiet';
/** The exit code of {@link verify} for a key that is none. */
const codeOfNoKey = 33;
/** Checks a signature; its arguments are the files of keys. */
const verify = `mkdir -m 700 "$GNUPGHOME"
for key; do ${gpg} --import "$key" || exit ${codeOfNoKey}; done
exec ${gpg} --trust-model always --verify /azl/signature /azl/file`;

/** A file, its detached signature, and the files of the keys that may have made it. */
export interface SignedFile {
  path: string;
  signature: string;
  keys: readonly string[];
  signal?: AbortSignal | undefined;
}

/**
 * Checks the detached signature of a repository's `repomd.xml` with gpg, whose keyring holds only `keys`. All of them may
 * be strangers': gpg sees them, and nothing else.
 * @returns why it is not signed; undefined if one of the keys made it, and neither has expired
 */
export async function signatureError(file: SignedFile): Promise<string | undefined> {
  const { path, signature, keys, signal } = file;
  const shown = keys.map((source, index) => ({ source, target: `/azl/keys/${index}.asc` }));
  const argv = ['sh', '-c', verify, 'azl', ...shown.map(({ target }) => target)];
  const { code, stderr } = await runHostTool(argv, {
    ...{ as: 'root', env: { GNUPGHOME: '/tmp/home' }, ok: 'any', timeoutSeconds: 60, signal },
    binds: [...shown, { source: signature, target: '/azl/signature' }, { source: path, target: '/azl/file' }],
  });
  if (code === 0) return undefined;
  const reason = code === codeOfNoKey ? noKey : 'its repomd.xml is not signed with its gpgkey';
  return `${reason}: ${lastLines(stderr, 1)}`;
}

/** @throws ProblemsError unless one of the keys made the signature: see {@link signatureError} */
export async function checkSignature(repository: Repository, file: SignedFile): Promise<void> {
  const error = await signatureError(file);
  if (error !== undefined) throw repositoryError(repository, error);
}

/** Runs a shell script that sees folders of this machine, confined as everything of strangers is. */
export type RunScript = (script: string, binds: { source: string; target: string }[]) => Promise<ToolResult>;

/** RPM files, and a folder of the public keys `*.asc` that may sign them. */
export interface SignedRpms {
  dir: string;
  files: readonly string[];
  keysDir: string;
  tempDir: string;
}

/**
 * Checks the signatures of RPM files with rpmkeys, whose keyring holds only those keys.
 * @returns the files that none of the keys signed, or why they cannot be checked
 */
export async function unsignedRpms(
  rpms: SignedRpms,
  run: RunScript,
): Promise<string[] | { failure: string }> {
  const folder = await mkdtemp(join(rpms.tempDir, 'rpmkeys-'));
  await chmod(folder, 0o755);
  const list = join(folder, 'list');
  await writeFile(list, rpms.files.map((file) => `/var/rpms/${file}\n`).join(''));
  try {
    const define = "--define '_pkgverify_level all'";
    const { code, stdout, stderr } = await run(
      `rpmkeys --dbpath /tmp/rpmkeys --import /var/keys/*.asc || exit ${codeOfNoKey}
xargs rpmkeys --dbpath /tmp/rpmkeys ${define} --checksig < /var/list`,
      [
        { source: rpms.dir, target: '/var/rpms' },
        { source: rpms.keysDir, target: '/var/keys' },
        { source: list, target: '/var/list' },
      ],
    );
    if (code === 0) return [];
    if (code === codeOfNoKey) return { failure: `${noKey}: ${lastLines(stderr, 1)}` };
    const bad = stdout.split('\n').flatMap((line) => /^\/var\/rpms\/(.+?): .*NOT OK$/.exec(line)?.[1] ?? []);
    return bad.length === 0 ? { failure: lastLines(stderr, 1) } : bad;
  } finally {
    await removeTree(folder);
  }
}

/**
 * Checks the signatures of RPM files with the worker's rpmkeys, in a sandbox.
 * @param rpms their folder, and the names for people of its files
 * @throws ProblemsError naming each that none of the keys signed
 */
export async function checkRpms(
  repository: Repository,
  rpms: { dir: string; files: ReadonlyMap<string, string> },
  keysDir: string,
  { worker, tempDir, signal }: { worker: string; tempDir: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const folder = await mkdtemp(join(tempDir, 'overlay-'));
  try {
    const overlay = await createOverlay(join(folder, 'overlay'));
    const files = { dir: rpms.dir, files: [...rpms.files.keys()], keysDir, tempDir };
    const bad = await unsignedRpms(files, async (script, binds) => {
      const argv = ['/bin/sh', '-c', script];
      return await runInSandbox(argv, { root: { worker, overlay }, binds, ok: 'any', signal });
    });
    if ('failure' in bad) throw repositoryError(repository, bad.failure);
    const { id, file, line } = repository;
    const message = (rpm: string) =>
      `${rpms.files.get(rpm) ?? rpm} of the repository '${id}' is not signed with its gpgkey`;
    failOnProblems(bad.map((rpm) => ({ message: message(rpm), file, line })));
  } finally {
    await removeTree(folder);
  }
}
