import { runTool } from '../../host/process.ts';
import { runShortTool } from '../../host/short-tool.ts';

/**
 * An ext4 filesystem in a file, named as debugfs can read it: a bare name in a folder, because a blank or a `?` in a
 * path means something to it.
 */
export interface Ext4File {
  dir: string;
  file: string;
  /** Bytes from the start of the file to the filesystem. Default: 0. */
  offset?: number;
}

/**
 * Has debugfs carry out `commands`, in which files of the host are bare names in `dir`. Answers what it said, and what
 * it complained of: it ends with 0 whatever happens.
 */
export async function debugfs(
  place: Ext4File,
  commands: readonly string[],
  options: { write?: boolean; env?: Readonly<Record<string, string>> } = {},
): Promise<{ said: string; complaints: string[] }> {
  const argv = ['/usr/bin/env', 'debugfs', ...(options.write ? ['-w'] : []), '-f', '-', deviceOf(place)];
  const { stdout, stderr } = await runShortTool(argv, {
    cwd: place.dir,
    input: `${commands.join('\n')}\n`,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  return { said: stdout, complaints: complaintsIn(stderr) };
}

/** The bytes of a file in an ext4 filesystem. @throws Error in debugfs's words when it cannot be read. */
export async function readFrom(place: Ext4File, path: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { stderr } = await runTool(['debugfs', '-R', `cat ${path}`, deviceOf(place)], {
    cwd: place.dir,
    onData: (chunk) => chunks.push(chunk),
    ...(signal === undefined ? {} : { signal }),
  });
  const [complaint] = complaintsIn(stderr);
  if (complaint !== undefined) throw new Error(`${path} cannot be read from ${place.file}: ${complaint}`);
  return Buffer.concat(chunks);
}

function deviceOf({ file, offset = 0 }: Ext4File): string {
  return offset === 0 ? file : `${file}?offset=${offset}`;
}

/** Standard error without the line that tells debugfs's version. */
function complaintsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^debugfs \d/.test(line));
}
