import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { list, object, text } from '../base/schema.ts';
import { parseDocument } from '../base/validate.ts';
import { withTempDir } from '../host/temp-dir.ts';
import { limitsOf } from './limits.ts';
import { createOverlay } from './overlay.ts';
import { runInSandbox } from './run.ts';
import { rpmBinds, rpmPaths, type Transacted, type TransactionOptions, transact } from './transaction.ts';

/** The RPMs of a root: `name-epoch:version-release.arch`, a blank, and the SHA-256 of the header; sorted. */
interface Installed {
  /** By rpm's database. Imported keys (`gpg-pubkey`) are left out. */
  installed: string[];
  /** Those of the worker that no transaction erased or replaced, and those of the files that it installed. */
  expected: string[];
}

const answerSchema = object<Installed>({ installed: list(text()), expected: list(text()) });

/** The program that compares, by file name. The bundler follows literal paths alone. */
const helpers = {
  'root_packages.py': readFileSync(new URL('./root_packages.py', import.meta.url), 'utf8'),
  'root_headers.py': readFileSync(new URL('./root_headers.py', import.meta.url), 'utf8'),
};

/** Text of the Python module with the names and digests of headers. */
export const rootHeaders = helpers['root_headers.py'];

/** Runs {@link transact} in a build root, then {@link readInstalled}. */
export async function installRpms(options: TransactionOptions): Promise<Transacted & Installed> {
  const transacted = await transact(options);
  return { ...transacted, ...(await readInstalled(options)) };
}

/**
 * Reads which RPMs are in a build root after a transaction over the worker alone, and which should be. rpm of the worker
 * reads the database, in an overlay that is made for it: scriptlets may have replaced the root's own rpm.
 */
export async function readInstalled(
  options: Pick<TransactionOptions, 'root' | 'rpmDirs' | 'remove' | 'limits' | 'signal'>,
): Promise<Installed> {
  const { root, rpmDirs, remove, limits = limitsOf('transaction'), signal } = options;
  return await withTempDir(root.overlay, 'installed-', async (dir) => {
    const request = { upper: '/azl/upper', install: rpmPaths(rpmDirs), erase: remove };
    for (const [name, source] of Object.entries(helpers)) await writeFile(join(dir, name), source);
    await writeFile(join(dir, 'request.json'), JSON.stringify(request));
    const argv = ['/usr/bin/python3', '-IB', '/azl/run/root_packages.py', '/azl/run/request.json'];
    const { stdout } = await runInSandbox(argv, {
      root: { worker: root.worker, overlay: await createOverlay(join(root.overlay, 'reader')) },
      ...{ as: 'root', limits, signal },
      binds: [
        { source: join(root.overlay, 'upper'), target: request.upper },
        { source: dir, target: '/azl/run' },
        ...rpmBinds(rpmDirs),
      ],
    });
    return parseDocument(answerSchema, stdout, 'the list of installed RPMs');
  });
}
