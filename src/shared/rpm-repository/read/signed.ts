import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines } from '../../base/last-lines.ts';
import { ProblemsError } from '../../base/problems.ts';
import { removeTree } from '../../host/folders.ts';
import type { ToolResult } from '../../host/process.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { createOverlay } from '../../sandbox/overlay.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { Downloader } from '../../sources/download.ts';
import { shownAddress } from '../../sources/web-address.ts';
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

/** Throws an error with the last line of a checking tool's standard error, unless it succeeded. */
function failUnlessOk(repository: Repository, { code, stderr }: ToolResult, reason: string): void {
  if (code !== 0) throw repositoryError(repository, `${reason}: ${lastLines(stderr, 1)}`);
}

const gpg = 'gpg --batch --no-options --no-autostart --quiet';
/** The exit code of {@link verify} for a key that is none. */
const codeOfNoKey = 33;
/** Checks a signature; its arguments are the files of keys. */
const verify = `mkdir -m 700 "$GNUPGHOME"
for key; do ${gpg} --import "$key" || exit ${codeOfNoKey}; done
exec ${gpg} --trust-model always --verify /azl/signature /azl/file`;

/**
 * Checks the detached signature of a file with gpg, whose keyring holds only `keys`. All of them may be strangers': gpg
 * sees them, and nothing else.
 * @throws ProblemsError unless one of the keys made it
 */
export async function checkSignature(
  repository: Repository,
  options: { path: string; signature: string; keys: string[]; signal?: AbortSignal | undefined },
): Promise<void> {
  const { path, signature, keys, signal } = options;
  const shown = keys.map((source, index) => ({ source, target: `/azl/keys/${index}.asc` }));
  const argv = ['sh', '-c', verify, 'azl', ...shown.map(({ target }) => target)];
  const checked = await runHostTool(argv, {
    ...{ as: 'root', env: { GNUPGHOME: '/tmp/home' }, ok: 'any', timeoutSeconds: 60, signal },
    binds: [...shown, { source: signature, target: '/azl/signature' }, { source: path, target: '/azl/file' }],
  });
  const reason = checked.code === codeOfNoKey ? noKey : 'its repomd.xml is not signed with its gpgkey';
  failUnlessOk(repository, checked, reason);
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
  const folder = await mkdtemp(join(tempDir, 'rpmkeys-'));
  const list = join(folder, 'list');
  await writeFile(list, [...rpms.files.keys()].map((file) => `/var/rpms/${file}\n`).join(''));
  try {
    const overlay = await createOverlay(join(folder, 'overlay'));
    const run = async (script: string) =>
      await runInSandbox(['/bin/sh', '-c', script], {
        root: { worker, overlay },
        binds: [
          { source: rpms.dir, target: '/var/rpms' },
          { source: keysDir, target: '/var/keys' },
          { source: list, target: '/var/list' },
        ],
        ok: 'any',
        signal,
      });
    const added = await run('rpmkeys --dbpath /tmp/rpmkeys --import /var/keys/*.asc');
    failUnlessOk(repository, added, noKey);
    const define = "--define '_pkgverify_level all'";
    const checked = await run(`xargs rpmkeys --dbpath /tmp/rpmkeys ${define} --checksig < /var/list`);
    if (checked.code === 0) return;
    const bad = checked.stdout
      .split('\n')
      .flatMap((line) => /^\/var\/rpms\/(.+?): .*NOT OK$/.exec(line)?.[1] ?? []);
    const { id, file, line } = repository;
    if (bad.length === 0) throw repositoryError(repository, lastLines(checked.stderr, 1));
    const message = (rpm: string) =>
      `${rpms.files.get(rpm) ?? rpm} of the repository '${id}' is not signed with its gpgkey`;
    throw new ProblemsError(bad.map((rpm) => ({ message: message(rpm), file, line })));
  } finally {
    await removeTree(folder);
  }
}
