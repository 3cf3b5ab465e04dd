import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import type { Log } from '../../src/shared/base/log.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { type Apt, offeredPackages } from '../../src/shared/toolchain/debian/package-lists.ts';

/** The files of a Debian package. */
export interface DebFiles {
  /** Absolute paths. No folders. */
  files: string[];
  /** True for a package that differs between architectures: its programs may be binaries. */
  native: boolean;
}

/** The setting that fetches Contents lists: all files of all packages. */
const target = 'Acquire::IndexTargets::deb::Contents-deb';
const settings = {
  [`${target}::MetaKey`]: '$(COMPONENT)/Contents-$(ARCHITECTURE)',
  [`${target}::ShortDescription`]: 'Contents-$(ARCHITECTURE)',
  [`${target}::Description`]: '$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents',
};

/** The host's mirror, with the files of its packages. */
export interface Debian {
  names: string[];
  /** Returns the files of some packages, without packages that have none. */
  filesOf(names: ReadonlySet<string>): Promise<Map<string, DebFiles>>;
}

/**
 * Returns undefined when the host's mirror offers no lists of files.
 * @param dir a folder for apt's lists
 */
export async function openDebian(dir: string, log: Log): Promise<Debian | undefined> {
  const { debian } = hostArchitecture;
  const apt: Apt = { dir, log, settings };
  const names = [...(await offeredPackages(apt, debian)).keys()].sort();
  const lists = join(dir, 'lists');
  const list = new RegExp(`_Contents-(?:${debian}|all)(?:\\.\\w+)?$`);
  const contents = (await readdir(lists)).filter((name) => list.test(name));
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

/** Adds a line of a list to `found`: a path, blanks, and the packages that hold it, each after its section. */
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
