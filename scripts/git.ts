import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { plainEnvironment, runTool } from '../src/shared/host/process.ts';

/** The author and committer of commits by these scripts, whatever the user's configuration is. */
const committer = { name: 'azl', email: 'azl@users.noreply.github.com' };

/**
 * What keeps git from running programs that the repository names: at every look at its files, and to fetch what it lacks.
 * Commands that use other such settings, such as filters, run in repositories of these scripts only.
 */
const noPrograms = {
  options: ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'],
  env: { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' },
};

/** Runs git in `dir`, also if that is a repository of another user. @returns its output without the last line end */
export async function git(dir: string, args: readonly string[], env: Record<string, string> = {}) {
  const argv = ['git', '-c', `safe.directory=${realpathSync(dir)}`, ...noPrograms.options, ...args];
  const { stdout } = await runTool(argv, {
    cwd: dir,
    env: { ...plainEnvironment, ...noPrograms.env, ...env },
  });
  return stdout.replace(/\n$/, '');
}

/**
 * Lists the files and links of a checkout without those that git ignores, as relative paths. None leads out of it, through
 * a link or `..`, or into a `.git`: the index of a stranger may list such.
 */
export async function listFiles(dir: string): Promise<string[]> {
  const listed = await git(dir, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const folders = new Map([['.', true]]);
  const isFolder = (path: string): boolean => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const state = lstatSync(join(dir, path), { throwIfNoEntry: false });
    const is = isFolder(dirname(path)) && state?.isDirectory() === true;
    folders.set(path, is);
    return is;
  };
  // A repository inside the checkout is listed as a folder: its files do not belong to the checkout.
  const isThere = (path: string) => {
    const state = lstatSync(join(dir, path), { throwIfNoEntry: false });
    return state?.isFile() === true || state?.isSymbolicLink() === true;
  };
  // Of a file in conflict, the index has several versions.
  return [...new Set(listed.split('\0'))].filter(
    (path) => path !== '' && staysInside(path) && isFolder(dirname(path)) && isThere(path),
  );
}

function staysInside(path: string): boolean {
  const steps = path.split('/');
  return !steps.some((step) => ['', '.', '..', '.git'].includes(step.toLowerCase()));
}

/**
 * Commits all files of a folder, also if nothing changed, on the branch main of a repository in that folder.
 * @param date as git writes it (`%cI`)
 * @returns the commit: the same for the same files, message, date and earlier commits
 */
export async function commitAll(dir: string, message: string, date: string): Promise<string> {
  await git(dir, ['init', '--quiet', '--initial-branch=main']);
  await git(dir, ['add', '--all', '--force']);
  await git(dir, ['commit', '--quiet', '--no-verify', '--allow-empty', `--message=${message}`], {
    GIT_AUTHOR_NAME: committer.name,
    GIT_AUTHOR_EMAIL: committer.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: date,
  });
  return await git(dir, ['rev-parse', 'HEAD']);
}

/** Copies a file with its mode as git stores it, or a link as a link. */
export function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const found = lstatSync(from);
  if (found.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  copyFileSync(from, to);
  chmodSync(to, (found.mode & 0o100) === 0 ? 0o644 : 0o755);
}
