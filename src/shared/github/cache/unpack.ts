import { readFileSync } from 'node:fs';
import { access, chmod, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { problem } from '../../base/problems.ts';

const script = readFileSync(new URL('./unpack.sh', import.meta.url), 'utf8');

/** The folder that stands first in PATH, and the number of calls that need it. */
let current: { dir: Promise<string>; users: number } | undefined;

/**
 * Runs a call of GitHub's library that unpacks an entry: nothing is written outside of the folder of entries, whatever the
 * names in the entry are. The library calls the first `tar` in PATH, and has no setting for this.
 */
export async function unpackingSafely<T>(call: () => Promise<T>): Promise<T> {
  current ??= { dir: putFirst(), users: 0 };
  const own = current;
  own.users++;
  try {
    await own.dir;
    return await call();
  } finally {
    if (--own.users === 0) {
      current = undefined;
      await takeAway(await own.dir);
    }
  }
}

async function putFirst(): Promise<string> {
  const temp = process.env['RUNNER_TEMP'] || tmpdir();
  const dir = await mkdtemp(join(temp, 'azl-tar-'));
  await writeFile(join(dir, 'tar'), script);
  await chmod(join(dir, 'tar'), 0o755);
  // The library would take the next tar in PATH.
  await access(join(dir, 'tar'), constants.X_OK).catch(() => {
    const hint = 'Mount it without noexec, or set RUNNER_TEMP to another folder.';
    throw problem(`No program can be started in ${temp}, and the cache is unpacked by one`, { hint });
  });
  process.env['PATH'] = [dir, process.env['PATH']].join(delimiter);
  return dir;
}

async function takeAway(dir: string): Promise<void> {
  const others = (process.env['PATH'] ?? '').split(delimiter).filter((one) => one !== dir);
  process.env['PATH'] = others.join(delimiter);
  await rm(dir, { recursive: true, force: true });
}
