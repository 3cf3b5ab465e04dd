import { createHash } from 'node:crypto';
import type { Header, Tag } from './header.ts';
import { dependencyTags, tags } from './tags.ts';

/**
 * Tags that cannot change a dependent's build. Every other tag counts, also one that this code does not know. Signatures
 * and digests of the whole file are in the signature header, which does not count. These are their numbers in case that a
 * tool copied them into the main header.
 */
const unseen: ReadonlySet<number> = new Set<number>([
  // Structure of the header, not content.
  ...[tags.headerImage, tags.headerSignatures, tags.headerImmutable],
  // Signatures, and digests over the whole header or payload, its own or its SRPM's.
  ...[tags.sigPgp, tags.sigMd5, tags.sigGpg, tags.dsaHeader, tags.rsaHeader, tags.sha1Header],
  ...[tags.sha256Header, tags.payloadDigest, tags.payloadDigestAlt, tags.sourcePkgId],
  // When and where it was built.
  ...[tags.buildTime, tags.buildHost, tags.cookie, tags.fileInodes],
  // Changelog and texts for people.
  ...[tags.changelogTime, tags.changelogName, tags.changelogText],
  ...[tags.summary, tags.description, tags.url, tags.packager],
]);

const dependencyVersions = new Set<number>(Object.values(dependencyTags).map((kind) => kind.version));
/** Rich dependencies have their versions in the name. */
const dependencyNames = new Set<number>(Object.values(dependencyTags).map((kind) => kind.name));

/** The placeholder of the RPM's own release. No RPM has a control character in a version. */
const ownRelease = '\u0001release';

/**
 * Returns the output digest: the SHA-256, in hex, over everything in an RPM's main header that a dependent's build can see.
 * The header contains the digests of all files. The RPM's own release is replaced in RELEASE, in SOURCERPM, and wherever
 * a dependency names the version-release of the RPM or of its SRPM, with or without an epoch. Pure.
 */
export function outputDigest(main: Header): string {
  const normalise = normaliserFor(main.tags);
  const hash = createHash('sha256').update('azl output digest 1\n');
  const seen = main.tags.filter((tag) => !unseen.has(tag.tag)).sort((a, b) => a.tag - b.tag);
  for (const tag of seen) {
    const data = normalise(tag);
    hash.update(`${tag.tag} ${tag.type} ${tag.count} ${data.length}\n`).update(data);
  }
  return hash.digest('hex');
}

function normaliserFor(all: readonly Tag[]): (tag: Tag) => Buffer {
  const source = /-([^-]+)-([^-]+)\.((?:no)?src\.rpm)$/.exec(oneText(all, tags.sourceRpm));
  const version = oneText(all, tags.version);
  const release = oneText(all, tags.release);
  const own = new Map([[`${version}-${release}`, `${version}-${ownRelease}`]]);
  if (source !== null) own.set(`${source[1]}-${source[2]}`, `${source[1]}-${ownRelease}`);
  const replaceEvr = (evr: string) => {
    const [, epoch = '', rest = ''] = /^([0-9]*:)?(.*)$/s.exec(evr) ?? [];
    const found = own.get(rest);
    return found === undefined ? evr : epoch + found;
  };
  return (tag) => {
    if (tag.tag === tags.release) return bytes(ownRelease);
    if (tag.tag === tags.sourceRpm && source !== null) {
      const text = tag.data.toString('latin1');
      const end = `${source[2]}.${source[3]}\0`;
      return bytes(`${text.slice(0, text.length - end.length)}${ownRelease}.${source[3]}\0`);
    }
    if (dependencyVersions.has(tag.tag)) return eachText(tag, replaceEvr);
    if (dependencyNames.has(tag.tag)) {
      return eachText(tag, (name) => (name.startsWith('(') ? name.replace(/[^\s()]+/g, replaceEvr) : name));
    }
    return tag.data;
  };
}

function eachText(tag: Tag, change: (text: string) => string): Buffer {
  if (tag.type !== 6 && tag.type !== 8) return tag.data;
  return bytes(tag.data.toString('latin1').replace(/[^\0]+/g, change));
}

/** Latin-1 both ways: no byte is lost, whatever the encoding. */
function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function oneText(all: readonly Tag[], number: number): string {
  const tag = all.find((one) => one.tag === number && one.type === 6);
  return tag === undefined ? '' : tag.data.toString('latin1').slice(0, -1);
}
