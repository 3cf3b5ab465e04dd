import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { seeded } from '../schedule/random.ts';
import type { DebFiles } from './contents.ts';

/** Returns the paths that an RPM of Azure Linux has for the files of a Debian package. */
export function rpmPaths({ files }: DebFiles): string[] {
  return files.flatMap((file) => {
    const path = file
      .replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/')
      .replace(`/usr/lib/${hostArchitecture.triplet}/`, '/usr/lib/')
      .replace('/usr/lib/python3/dist-packages/', '/usr/lib/python3.12/site-packages/')
      .replace(/^\/usr\/share\/doc\/([^/]+)\/copyright$/, '/usr/share/licenses/$1/COPYING');
    if (/\/changelog\.Debian\.gz$/.test(path)) return [];
    const [, folder, module] = /^(\/usr\/lib\/python3.*\/)([^/]+)\.py$/.exec(path) ?? [];
    if (folder === undefined) return [path];
    // RPMs contain the compiled files, which Debian makes when it installs.
    const compiled = `${folder}__pycache__/${module}.cpython-312`;
    return [path, `${compiled}.pyc`, `${compiled}.opt-1.pyc`];
  });
}

/** Returns the programs and libraries with debug information. Two thirds of the files that may be scripts count as binaries. */
export function binaries({ files, native }: DebFiles): string[] {
  if (!native) return [];
  return files.filter((file, at) => {
    if (/\.(?:ko|so\.\d+\.\d[\d.]*)$/.test(file)) return true;
    if (/\/lib\/.*\/[^/]+\.so$/.test(file)) return !/-linux-gnu\/lib[^/]+\.so$/.test(file);
    return /^\/(?:usr\/)?(?:s?bin|libexec)\//.test(file) && at % 3 !== 0;
  });
}

/** Sources in the debug information of a program or library: assumed, because no list of Debian has it. */
export const sourcesOfBinary = 12;

/** Returns the paths of `<name>-debuginfo`: a `.debug` file, links by build id and the sources of each binary. */
export function debugPaths(name: string, binaryPaths: readonly string[], seed: number): string[] {
  const random = seeded(seed);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const parts = binaryPaths.flatMap((path) => path.slice(path.lastIndexOf('/') + 1).split(/[-_.]/));
  const part = () => parts[Math.floor(random() * parts.length)] ?? 'main';
  return binaryPaths.flatMap((path) => {
    const link = `/usr/lib/debug/.build-id/${hex(2)}/${hex(38)}`;
    const sources = Array.from(
      { length: path.endsWith('.ko') ? 3 : sourcesOfBinary },
      () => `/usr/src/debug/${name}/src/${part()}/${part()}_${part()}${hex(1)}.${random() < 0.7 ? 'c' : 'h'}`,
    );
    return [
      `/usr/lib/debug${path.replace(/^\/(s?bin|lib)\//, '/usr/$1/')}.debug`,
      link,
      `${link}.debug`,
      ...sources,
    ];
  });
}

/** Returns, for each list, the folders that no other list needs: those that its RPM owns. */
export function ownFolders(lists: readonly (readonly string[])[]): string[][] {
  const owner = new Map<string, number>();
  lists.forEach((files, at) => {
    for (const file of files) {
      for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
        const folder = file.slice(0, end);
        const other = owner.get(folder);
        if (other === at) break;
        owner.set(folder, other === undefined ? at : -1);
      }
    }
  });
  const own = lists.map((): string[] => []);
  for (const [folder, at] of owner) if (at >= 0) own[at]?.push(folder);
  return own;
}
