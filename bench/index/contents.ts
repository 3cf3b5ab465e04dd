import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../src/shared/base/log.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { type Apt, offeredPackages } from '../../src/shared/toolchain/debian/package-lists.ts';

/** What a package of Debian holds. */
export interface DebFiles {
  /** Absolute paths. No folders. */
  files: string[];
  /** It is another on each architecture: its programs may be no scripts. */
  native: boolean;
}

/** The lists of all files of all packages, which mirrors offer beside those of the packages. */
const target = 'Acquire::IndexTargets::deb::Contents-deb';
const settings = {
  [`${target}::MetaKey`]: '$(COMPONENT)/Contents-$(ARCHITECTURE)',
  [`${target}::ShortDescription`]: 'Contents-$(ARCHITECTURE)',
  [`${target}::Description`]: '$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents',
};

/** The host's mirror, with what its packages hold. */
export interface Debian {
  names: string[];
  /** What some packages hold; without those that hold nothing. */
  filesOf(names: ReadonlySet<string>): Promise<Map<string, DebFiles>>;
}

/**
 * Undefined where the host's mirror does not say what its packages hold.
 * @param dir a folder for apt's lists
 */
export async function openDebian(dir: string, log: Log): Promise<Debian | undefined> {
  const apt: Apt = { dir, log, settings };
  const names = [...(await offeredPackages(apt, 'amd64')).keys()].sort();
  const lists = join(dir, 'lists');
  const contents = (await readdir(lists)).filter((name) => /_Contents-(?:amd64|all)(?:\.\w+)?$/.test(name));
  if (contents.length === 0) return undefined;
  return {
    names,
    filesOf: async (wanted) => {
      const found = new Map<string, DebFiles>();
      for (const name of contents.sort()) {
        const native = !/_Contents-all/.test(name);
        await runTool(['/usr/lib/apt/apt-helper', 'cat-file', join(lists, name)], {
          onLine: (line) => takeLine(line, wanted, native, found),
        });
      }
      return found;
    },
  };
}

/** A line has a path, blanks, and the packages that hold it, each behind its section. */
export function takeLine(
  line: string,
  wanted: ReadonlySet<string>,
  native: boolean,
  found: Map<string, DebFiles>,
): void {
  const blank = line.lastIndexOf(' ');
  for (const owner of line.slice(blank + 1).split(',')) {
    const name = owner.slice(owner.lastIndexOf('/') + 1);
    if (!wanted.has(name)) continue;
    const there = found.get(name) ?? { files: [], native };
    there.files.push(`/${line.slice(0, blank).trimEnd()}`);
    found.set(name, there);
  }
}
