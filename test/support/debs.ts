import { textDigest } from '../../src/shared/host/digests.ts';
import { type Deb, parseRelations } from '../../src/shared/toolchain/debian/deb.ts';

export type GivenDeb = Partial<Omit<Deb, 'depends' | 'provides'>> & { depends?: string; provides?: string };

/** A Debian package of made-up content. */
export function deb(name: string, { depends = '', provides = '', ...given }: GivenDeb = {}): Deb {
  return {
    ...{ name, version: '1.0-1', architecture: 'amd64', source: name, summary: name, size: 1 },
    digest: textDigest(`${name} ${given.version ?? ''}`),
    depends: parseRelations(depends),
    provides: parseRelations(provides).flat(),
    ...given,
  };
}

export const debsByName = (...debs: Deb[]) => new Map(debs.map((one) => [one.name, one]));
