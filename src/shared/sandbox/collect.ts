import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { tempSibling } from '../host/files.ts';
import type { Root } from './overlay.ts';
import { runInSandbox } from './run.ts';

/** Matches the file name of an RPM, which has no special meaning in a path or a shell. */
const rpmFile = /^[A-Za-z0-9_+][A-Za-z0-9._+~^-]*\.rpm$/;

/**
 * Copies the RPM files below `folders` (absolute paths in the root) from a build root into `dir`, flat, and returns their
 * names, sorted. tar in the sandbox packs them; only regular files with plain names are unpacked.
 * @throws Error when two files have the same name, or there is another kind of file
 */
export async function collectRpms(
  root: Root,
  folders: readonly string[],
  dir: string,
  signal?: AbortSignal,
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const archive = tempSibling(join(dir, 'rpms.tar'));
  try {
    await runInSandbox(
      ['tar', '--create', '--file=-', '--format=posix', '--', ...folders.map((folder) => folder.slice(1))],
      { root, output: archive, signal },
    );
    return await unpack(archive, dir);
  } finally {
    await rm(archive, { force: true });
  }
}

async function unpack(archive: string, dir: string): Promise<string[]> {
  const files: string[] = [];
  const problems: string[] = [];
  const writes: Promise<void>[] = [];
  const source = createReadStream(archive);
  await new Promise<void>((resolve, reject) => {
    // A file that cannot be written accepts no more data: without this the parser would wait for it for ever.
    const fail = (error: unknown) => {
      source.destroy();
      reject(error);
    };
    const parser = new Parser({
      // An archive that ends too early is an error, not a warning.
      strict: true,
      onReadEntry: (entry: ReadEntry) => {
        const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
        if (entry.type === 'Directory') return entry.resume();
        if (entry.type !== 'File' || !rpmFile.test(name) || files.includes(name)) {
          problems.push(`'${entry.path}' (${entry.type})`);
          return entry.resume();
        }
        files.push(name);
        const out = createWriteStream(join(dir, name), { flags: 'wx' });
        const written = finished(out);
        written.catch(fail);
        writes.push(written);
        return entry.pipe(out as unknown as Parameters<ReadEntry['pipe']>[0]);
      },
    });
    parser.on('end', resolve);
    parser.on('error', fail);
    source.on('error', fail).pipe(parser);
  });
  await Promise.all(writes);
  if (problems.length > 0)
    throw new Error(`the build left files that are no RPMs among its RPMs: ${problems.join(', ')}`);
  return files.sort();
}
