import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addToList } from '../../base/add-to-list.ts';
import { textDigest } from '../../host/digests.ts';
import { isAbsent } from '../../host/files.ts';
import { linesOf } from '../../host/lines.ts';
import { runTool } from '../../host/process.ts';
import { contentsPattern, keysOfPath, parseContentsLine } from './contents-keys.ts';

/** Settings of apt.conf(5) that make an update fetch the archive's lists of files, each for an architecture and for all. */
export const contentsSettings: Readonly<Record<string, string>> = {
  ...target('Contents-deb', '$(COMPONENT)/Contents-$(ARCHITECTURE)', {}),
  // Ubuntu has one list for all components.
  ...target('Contents-deb-legacy', 'Contents-$(ARCHITECTURE)', { 'Fallback-Of': 'Contents-deb' }),
};

function target(name: string, metaKey: string, more: Readonly<Record<string, string>>) {
  const values = {
    ...{ MetaKey: metaKey, flatMetaKey: 'Contents-$(ARCHITECTURE)', Optional: 'true' },
    ...{ KeepCompressed: 'true', PDiffs: 'false', ShortDescription: 'Contents-$(ARCHITECTURE)' },
    ...{
      Description: '$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents',
      flatDescription: '$(RELEASE) Contents',
    },
    ...more,
  };
  const entries = Object.entries(values).map(([key, value]) => [
    `Acquire::IndexTargets::deb::${name}::${key}`,
    value,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Bytes of the chosen lines: some twenty times those of Debian. A line is a path and the names of packages. */
const bounds = { line: 1 << 20, bytes: 256e6 };

/** Returns a digest of the lists that apt has: it changes whenever an update changes one of them. */
export async function listsState(aptDir: string): Promise<string> {
  const dir = join(aptDir, 'lists');
  const names = (await readdir(dir).catch(() => [])).filter((name) => /Contents|Packages/.test(name)).sort();
  const states = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(dir, name));
      return [name, size, mtimeMs];
    }),
  );
  return textDigest(JSON.stringify([contentsPattern, states]));
}

/**
 * Returns the packages by the keys of their files (contents-keys.ts), out of the lists that apt has. The lists hold some
 * million lines: those that matter are picked once, into a file of `aptDir`.
 */
export async function packagesByFile(aptDir: string, signal?: AbortSignal): Promise<Map<string, string[]>> {
  const file = join(aptDir, `files-${(await listsState(aptDir)).slice(0, 16)}`);
  const isThere = await stat(file).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
  if (!isThere) await pickLines(aptDir, file, signal);
  const found = new Map<string, string[]>();
  for await (const line of linesOf(file, bounds)) {
    const parsed = parseContentsLine(line);
    if (parsed === undefined) continue;
    for (const key of keysOfPath(parsed.path))
      for (const name of parsed.packages)
        if (found.get(key)?.includes(name) !== true) addToList(found, key, name);
  }
  return found;
}

/** Decompresses the lists, and keeps the lines of the pattern. An archive without lists of files gives an empty file. */
async function pickLines(aptDir: string, file: string, signal?: AbortSignal): Promise<void> {
  const lists = join(aptDir, 'lists');
  await mkdir(lists, { recursive: true });
  for (const name of await readdir(aptDir))
    if (name.startsWith('files-')) await rm(join(aptDir, name), { force: true });
  const names = (await readdir(lists)).filter((name) => /_Contents-/.test(name)).sort();
  const script = `set -o pipefail; cd "$1"; pattern=$2; most=$3; shift 3
[ $# = 0 ] || /usr/lib/apt/apt-helper cat-file "$@" | { LC_ALL=C grep -E -e "$pattern" || [ $? = 1 ]; } | head -c "$most"`;
  const part = `${file}.part`;
  await runTool(['bash', '-c', script, 'azl', lists, contentsPattern, String(bounds.bytes), ...names], {
    output: part,
    timeoutSeconds: 600,
    signal,
  });
  await rename(part, file);
}

/** Returns the packages that have one of `paths`, by path: a search of the whole lists. */
export async function packagesWithPaths(
  aptDir: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, string[]>> {
  const lists = join(aptDir, 'lists');
  const names = (await readdir(lists).catch(() => [])).filter((name) => /_Contents-/.test(name)).sort();
  const found = new Map<string, string[]>();
  if (paths.length === 0 || names.length === 0) return found;
  const wanted = paths.map((path) => path.slice(1));
  const script = `set -o pipefail; cd "$1"; wanted=$2; shift 2
/usr/lib/apt/apt-helper cat-file "$@" | { LC_ALL=C grep -F -e "$wanted" || [ $? = 1 ]; } | head -c 64000000`;
  const { stdout } = await runTool(['bash', '-c', script, 'azl', lists, wanted.join('\n'), ...names], {
    timeoutSeconds: 600,
    signal,
  });
  const asked = new Set(wanted);
  for (const line of stdout.split('\n')) {
    const parsed = parseContentsLine(line);
    if (parsed !== undefined && asked.has(parsed.path))
      for (const name of parsed.packages) addToList(found, `/${parsed.path}`, name);
  }
  return found;
}
