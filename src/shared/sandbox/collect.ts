import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plainLine } from '../base/plain-line.ts';
import { tempSibling } from '../host/files.ts';
import { unpackTar } from '../host/unpack-tar.ts';
import type { SandboxOptions } from './arguments.ts';
import { limitsOf } from './limits.ts';
import type { Root } from './overlay.ts';
import { runInSandbox } from './run.ts';

/** Matches the file name of an RPM, which has no special meaning in a path or a shell. */
const rpmFile = /^[A-Za-z0-9_+][A-Za-z0-9._+~^-]*\.rpm$/;

/** More than any package makes; what is beyond is refused. */
const mostFiles = 20_000;

/** The folders of a build's RPMs hold something else. */
export class StrangeFilesError extends Error {}

/**
 * Copies the RPM files below `folders` (absolute paths in the root) from a build root into `dir`, flat, and returns their
 * names, sorted. tar in the sandbox packs them; only regular files with plain names are unpacked.
 * @throws StrangeFilesError when two files have the same name, or there is another kind of file
 */
export async function collectRpms(
  root: Root,
  folders: readonly string[],
  dir: string,
  { limits = limitsOf('collect'), signal }: Pick<SandboxOptions, 'limits' | 'signal'> = {},
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const archive = tempSibling(join(dir, 'rpms.tar'));
  try {
    await runInSandbox(
      ['tar', '--create', '--file=-', '--format=posix', '--', ...folders.map((folder) => folder.slice(1))],
      { root, output: archive, limits, signal },
    );
    return await unpack(archive, dir);
  } finally {
    await rm(archive, { force: true });
  }
}

async function unpack(path: string, dir: string): Promise<string[]> {
  const files = new Set<string>();
  const problems: string[] = [];
  await unpackTar(await open(path), (entry) => {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    if (entry.type === 'Directory') return undefined;
    if (entry.type === 'File' && rpmFile.test(name) && !files.has(name) && files.size < mostFiles) {
      files.add(name);
      return { file: join(dir, name) };
    }
    if (problems.length < 20) problems.push(`'${plainLine(entry.path.slice(-200))}' (${entry.type})`);
    return undefined;
  });
  if (problems.length > 0)
    throw new StrangeFilesError(
      `the build left files that are no RPMs among its RPMs: ${problems.join(', ')}`,
    );
  return [...files].sort();
}
