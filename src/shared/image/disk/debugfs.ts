import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';

/** An ext4 filesystem in a file, whose folder no stranger can write to. */
export interface Ext4File {
  path: string;
  /** Bytes from the start of the file to the filesystem. Default: 0. */
  offset?: number;
}

/** The name of the file inside: debugfs gives blanks and `?` in a path a meaning. */
const device = '/azl/filesystem';

/**
 * Runs debugfs commands over a filesystem. debugfs exits with 0 whatever happens.
 * @param options.binds the files of the host that the commands name
 * @returns its standard output, and the lines of its standard error
 */
export async function debugfs(
  place: Ext4File,
  commands: readonly string[],
  options: { write?: boolean; env?: Readonly<Record<string, string>>; binds?: readonly Bind[] } = {},
): Promise<{ output: string; complaints: string[] }> {
  const { write = false, env, binds = [] } = options;
  return await withTempDir(dirname(place.path), 'debugfs-', async (dir) => {
    const file = join(dir, 'commands');
    await writeFile(file, `${commands.join('\n')}\n`);
    const argv = ['debugfs', ...(write ? ['-w'] : []), '-f', '/azl/commands', deviceOf(place)];
    const { stdout, stderr } = await runHostTool(argv, {
      ...{ as: 'root', env },
      binds: [
        { source: place.path, target: device, writable: write },
        { source: file, target: '/azl/commands' },
        ...binds,
      ],
    });
    return { output: stdout, complaints: complaintsIn(stderr) };
  });
}

/**
 * Returns the bytes of a file in an ext4 filesystem.
 * @param most bytes that it may have: the filesystem may be a stranger's
 * @throws Error with debugfs's message
 */
export async function readFrom(
  place: Ext4File,
  path: string,
  most: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { stderr } = await runHostTool(['debugfs', '-R', `cat ${path}`, deviceOf(place)], {
    as: 'root',
    binds: [{ source: place.path, target: device }],
    onData: (chunk) => {
      bytes += chunk.length;
      if (bytes > most) throw new Error(`${path} has more than ${most} bytes`);
      chunks.push(chunk);
    },
    signal,
  });
  const [complaint] = complaintsIn(stderr);
  if (complaint !== undefined)
    throw new Error(`${path} cannot be read from the filesystem in ${place.path}: ${complaint}`);
  return Buffer.concat(chunks);
}

function deviceOf({ offset = 0 }: Ext4File): string {
  return offset === 0 ? device : `${device}?offset=${offset}`;
}

/** Returns the lines of standard error without debugfs's version. */
function complaintsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^debugfs \d/.test(line));
}
