import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { textDigest } from '../host/digests.ts';

/** The folder of a spec as a parse is given it, but for the bytes of the files beside the spec. */
export interface SpecFolder {
  /** SHA-256 of the spec. */
  spec: string;
  /** Whatever else decides how `folder.py` lays the folder out, in a form that is equal where that is. */
  layout: readonly unknown[];
  /** Returns the SHA-256 of a file of the folder; undefined when there is none that a spec is given. */
  digestOf(name: string): string | undefined;
}

/** Bytes of the largest spec, or file that a spec reads. `folder.py` refuses larger ones. */
const mostBytes = 32 * 1024 ** 2;
/** Files and folders in one another. `folder.py` refuses more. */
const most = { files: 10_000, deep: 16 };

/**
 * Looks at the folder of a spec with the eyes of `folder.py`: links count as what they lead to. Only files that the spec
 * can read are opened, without waiting for any. Undefined for a folder of which that cannot be said.
 * @param root the real path of the folder of specs
 * @param path of the spec, relative to the folder
 */
export function lookAtFolder(root: string, path: string): SpecFolder | undefined {
  const name = basename(path);
  const origin = join(root, dirname(path));
  const files = new Map<string, string>();
  try {
    const spec = digestAt(root, join(origin, name));
    if (spec === undefined) return undefined;
    const isGiven = (entry: string) => entry !== name && !entry.endsWith('.signatures.json');
    const entries = entriesOf({ root, files, withFolders: origin !== root }, origin, isGiven);
    lift(files, entries);
    const signatures =
      digestAt(root, join(origin, `${name.slice(0, -'.spec'.length)}.signatures.json`)) ?? '';
    return {
      spec,
      layout: [name, signatures, entries],
      digestOf: (file) => digestOfFile(files.get(file) ?? ''),
    };
  } catch {
    return undefined;
  }
}

interface Walk {
  root: string;
  /** The real paths of the files that were found, by path in the folder of the spec. */
  files: Map<string, string>;
  /** True if folders are given: those beside a spec at the top of the tree are other packages'. */
  withFolders: boolean;
}

/**
 * A path in the folder: a folder, a file (a `program`: its owner may execute it) with its size, or something that is not
 * given; and how its link is written.
 */
type Entry = [path: string, kind: 'folder' | 'file' | 'program' | 'other', size: number, link: string];

function entriesOf(walk: Walk, origin: string, isGiven: (entry: string) => boolean): Entry[] {
  const { root, files, withFolders } = walk;
  const entries: Entry[] = [];
  const look = (folder: string, below: string, above: readonly string[]): void => {
    if (above.length > most.deep) throw new Error('too deep');
    for (const name of readdirSync(folder).sort()) {
      if (below === '' && !isGiven(name)) continue;
      // A name that is not UTF-8 shows as another one.
      if (name.includes('\uFFFD') || entries.length > most.files) throw new Error('not to be described');
      const path = join(below, name);
      const { real, found, link } = follow(root, join(folder, name));
      if (found?.isFile()) {
        files.set(path, real);
        entries.push([path, (found.mode & 0o100) === 0 ? 'file' : 'program', found.size, link]);
      } else if (!found?.isDirectory() || above.includes(real)) {
        entries.push([path, 'other', 0, link]);
      } else if (withFolders) {
        entries.push([path, 'folder', 0, link]);
        look(real, path, [...above, real]);
      }
    }
  };
  look(origin, '', [realpathSync(origin)]);
  return entries;
}

/** Adds the files of subfolders by base name, where `folder.py` gives them, too. */
function lift(files: Map<string, string>, entries: readonly Entry[]): void {
  const isIn = (path: string, folder: string) => path.startsWith(`${folder}/`);
  const links = entries.filter(([, kind, , link]) => kind === 'folder' && link !== '').map(([path]) => path);
  const lifted = new Map<string, string[]>();
  const isTop = (path: string) => !path.includes('/');
  for (const [path] of entries.filter(([path]) => isTop(path))) lifted.set(path, [path]);
  for (const [path, kind] of entries) {
    if (isTop(path) || kind === 'folder' || links.some((folder) => isIn(path, folder))) continue;
    const name = basename(path);
    const [other, ...more] = lifted.get(name) ?? [];
    const deeper = other === undefined ? -1 : depth(path) - depth(other);
    if (deeper < 0) lifted.set(name, [path]);
    else if (deeper === 0) lifted.set(name, [other as string, ...more, path]);
  }
  for (const [name, [path = '', ...others]] of lifted) {
    const real = files.get(path);
    if (others.length === 0 && real !== undefined) files.set(name, real);
  }
}

const depth = (path: string) => path.split('/').length;

/** Returns what lies at a path, or where its link leads in the tree. `found` is undefined when that is elsewhere. */
function follow(root: string, path: string): { real: string; found: Stats | undefined; link: string } {
  const there = lstatSync(path);
  if (!there.isSymbolicLink()) return { real: path, found: there, link: '' };
  const link = readlinkSync(path);
  try {
    const real = realpathSync(path);
    return { real, found: real.startsWith(`${root}/`) ? lstatSync(real) : undefined, link };
  } catch {
    return { real: path, found: undefined, link };
  }
}

function digestAt(root: string, path: string): string | undefined {
  try {
    return digestOfFile(follow(root, path).real);
  } catch {
    return undefined;
  }
}

function digestOfFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(file);
    return found.isFile() && found.size <= mostBytes ? textDigest(readFileSync(file)) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
