import { plainLine } from '../../base/plain-line.ts';
import type { Header } from '../../rpm/header.ts';
import { readMainHeader } from '../../rpm/read.ts';
import { textsOf } from '../../rpm/tag-values.ts';
import { tags } from '../../rpm/tags.ts';
import type { ImagePackage } from './choose-packages.ts';

/** Characters of a licence in an image's manifest. Azure Linux's longest has some 900. */
export const longestLicense = 4096;

/** The packages of a toolchain that azl writes itself: `builtinPackages`, which need much more code. */
export const ownPackages: readonly string[] = [
  ...['distribution-release', 'distribution-rpm-macros', 'filesystem', 'pam-configuration', 'setup'],
];

/**
 * Returns the licence of an image's RPM, as one line. That of a stand-in is its Debian package's `copyright` file, which is
 * in the image: its path says which. A stand-in without one belongs to the source of another that has it. Pure.
 * @param header of an RPM that is not from the toolchain
 */
export function licenseOf({ origin, rpm }: ImagePackage, header?: Pick<Header, 'tags'>): string {
  if (origin === 'toolchain') {
    if (ownPackages.includes(rpm.name)) return 'MIT';
    const texts = rpm.files.filter((path) => /^\/usr\/share\/doc\/[^/]+\/copyright$/.test(path));
    return shown(`see ${texts.length > 0 ? texts.join(', ') : '/usr/share/doc'}`);
  }
  const [license = ''] = header === undefined ? [] : textsOf(header, tags.license);
  return shown(license);
}

/** Returns the licence of each RPM of an image, in the same order. `paths`: the files of those not from the toolchain. */
export async function readLicenses(
  packages: readonly ImagePackage[],
  paths: ReadonlyMap<ImagePackage['rpm'], string>,
): Promise<string[]> {
  const licenses: string[] = [];
  for (const one of packages) {
    const path = one.origin === 'toolchain' ? undefined : paths.get(one.rpm);
    licenses.push(licenseOf(one, path === undefined ? undefined : await readMainHeader(path)));
  }
  return licenses;
}

/** Returns a text of a stranger's RPM as a manifest takes it. */
function shown(text: string): string {
  return plainLine(text.replaceAll('\n', ' ')).slice(0, longestLicense);
}
