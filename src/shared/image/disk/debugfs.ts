import { runTool } from '../../host/process.ts';
import { runShortTool } from '../../host/short-tool.ts';

/** An ext4 filesystem in a file: a bare name in a folder, because debugfs interprets blanks and `?` in a path. */
export interface Ext4File {
  dir: string;
  file: string;
  /** Bytes from the start of the file to the filesystem. Default: 0. */
  offset?: number;
}

/**
 * Runs debugfs commands, in which files of the host are bare names in `dir`. debugfs exits with 0 whatever happens.
 * @returns its standard output, and the lines of its standard error
 */
export async function debugfs(
  place: Ext4File,
  commands: readonly string[],
  options: { write?: boolean; env?: Readonly<Record<string, string>> } = {},
): Promise<{ output: string; complaints: string[] }> {
  const argv = ['/usr/bin/env', 'debugfs', ...(options.write ? ['-w'] : []), '-f', '-', deviceOf(place)];
  const { stdout, stderr } = await runShortTool(argv, {
    cwd: place.dir,
    input: `${commands.join('\n')}\n`,
    env: options.env,
  });
  return { output: stdout, complaints: complaintsIn(stderr) };
}

/** Returns the bytes of a file in an ext4 filesystem. @throws Error with debugfs's message */
export async function readFrom(place: Ext4File, path: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { stderr } = await runTool(['debugfs', '-R', `cat ${path}`, deviceOf(place)], {
    cwd: place.dir,
    onData: (chunk) => chunks.push(chunk),
    signal,
  });
  const [complaint] = complaintsIn(stderr);
  if (complaint !== undefined) throw new Error(`${path} cannot be read from ${place.file}: ${complaint}`);
  return Buffer.concat(chunks);
}

function deviceOf({ file, offset = 0 }: Ext4File): string {
  return offset === 0 ? file : `${file}?offset=${offset}`;
}

/** Returns the lines of standard error without debugfs's version. */
function complaintsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^debugfs \d/.test(line));
}
