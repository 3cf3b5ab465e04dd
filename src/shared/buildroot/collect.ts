import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { aside } from '../host/files.ts';
import { type Root, runInSandbox } from './sandbox.ts';

/** An RPM's file name: nothing that a path or a shell could read another way. */
const rpmFile = /^[A-Za-z0-9_+][A-Za-z0-9._+~^-]*\.rpm$/;

/**
 * Takes the RPM files below `folders` (absolute, inside the root) out of a build root into `dir`, flat. They come
 * through a pipe as a tar of regular files with plain names; anything else that a build left there stays there.
 * @throws Error when two files have one name or a file's name is no RPM's.
 */
export async function collectRpms(
  root: Root,
  folders: readonly string[],
  dir: string,
  signal?: AbortSignal,
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const files: string[] = [];
  const problems: string[] = [];
  const writes: Promise<void>[] = [];
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      if (entry.type === 'Directory') return entry.resume();
      if (entry.type !== 'File' || !rpmFile.test(name) || files.includes(name)) {
        problems.push(`'${entry.path}' (${entry.type})`);
        return entry.resume();
      }
      files.push(name);
      const out = createWriteStream(join(dir, name), { flags: 'wx' });
      writes.push(finished(out));
      return entry.pipe(out as unknown as Parameters<ReadEntry['pipe']>[0]);
    },
  });
  const archive = aside(join(dir, 'rpms.tar'));
  try {
    const out = createWriteStream(archive);
    await runInSandbox(
      ['tar', '--create', '--file=-', '--format=posix', '--', ...folders.map((folder) => folder.slice(1))],
      {
        root,
        cwd: '/',
        onData: (chunk) => out.write(chunk),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    out.end();
    await finished(out);
    await new Promise<void>((resolve, reject) => {
      parser.on('end', resolve);
      parser.on('error', reject);
      createReadStream(archive).on('error', reject).pipe(parser);
    });
  } finally {
    await rm(archive, { force: true });
  }
  await Promise.all(writes);
  if (problems.length > 0)
    throw new Error(`the build left what is no RPM among its RPMs: ${problems.join(', ')}`);
  return files.sort();
}
