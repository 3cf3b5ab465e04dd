import type { Turn } from '../base/turns.ts';
import { type Header, RpmFormatError, type Tag } from './header.ts';
import { dependencyTags, tags } from './tags.ts';

/**
 * Tags that cannot change a dependent's build, because no build root has them. Every other tag counts, also one that this
 * code does not know. Signatures and digests of the whole file are in the signature header, which does not count. These are
 * their numbers in case that a tool copied them into the main header.
 */
const unseen: ReadonlySet<number> = new Set<number>([
  // Signatures, and digests over the whole header or payload, its own or its SRPM's.
  ...[tags.sigPgp, tags.sigMd5, tags.sigGpg, tags.dsaHeader, tags.rsaHeader, tags.sha1Header],
  ...[tags.sha256Header, tags.payloadDigest, tags.payloadDigestAlt, tags.sourcePkgId],
  // When and where it was built.
  ...[tags.buildTime, tags.buildHost, tags.cookie],
  // Changelog and texts for people.
  ...[tags.changelogTime, tags.changelogName, tags.changelogText],
  ...[tags.summary, tags.description, tags.url, tags.packager],
]);

const dependencyVersions = new Set<number>(Object.values(dependencyTags).map((kind) => kind.version));
/** Rich dependencies have their versions in the name. */
const dependencyNames = new Set<number>(Object.values(dependencyTags).map((kind) => kind.name));

/** The placeholder of the RPM's own release. No RPM has a control character in a version. */
export const ownRelease = '\u0001release';

/**
 * Returns what a dependent's build can see of an RPM's main header, by tag number. The output digest is made from it, and
 * so is the header that a build root's rpm database gets: what is not here is in neither. {@link ownRelease} stands for the
 * RPM's own release in RELEASE, in SOURCERPM, and wherever a dependency names the version-release of the RPM or of its
 * SRPM, with or without an epoch. An inode number tells only which files are hard links of each other. Pure.
 * @throws RpmFormatError for a dependency that nobody wrote by hand
 */
export async function seenTags(main: Pick<Header, 'tags'>, turn: Turn): Promise<Tag[]> {
  const normalise = normaliserFor(main.tags, turn);
  const seen: Tag[] = [];
  for (const tag of main.tags) if (!unseen.has(tag.tag)) seen.push({ ...tag, data: await normalise(tag) });
  return seen.sort((a, b) => a.tag - b.tag);
}

function normaliserFor(all: readonly Tag[], turn: Turn): (tag: Tag) => Promise<Buffer> {
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
  return async (tag) => {
    if (tag.tag === tags.release) return latin1(`${ownRelease}\0`);
    if (tag.tag === tags.sourceRpm && source !== null) {
      const text = tag.data.toString('latin1');
      const end = `${source[2]}.${source[3]}\0`;
      return latin1(`${text.slice(0, text.length - end.length)}${ownRelease}.${source[3]}\0`);
    }
    if (tag.tag === tags.fileInodes) return await hardLinks(tag, all, turn);
    if (dependencyVersions.has(tag.tag)) return await eachText(tag, turn, replaceEvr);
    if (dependencyNames.has(tag.tag)) {
      const inRich = (name: string) => (name.startsWith('(') ? name.replace(/[^\s()]+/g, replaceEvr) : name);
      return await eachText(tag, turn, inRich);
    }
    return tag.data;
  };
}

/** Returns the number, from 1, of the first file with the same inode and device, for each file: rpmbuild numbers so. */
async function hardLinks(inodes: Tag, all: readonly Tag[], turn: Turn): Promise<Buffer> {
  if (inodes.type !== 4) return inodes.data;
  const devices = all.find(({ tag, type }) => tag === tags.fileDevices && type === 4)?.data;
  const data = Buffer.alloc(inodes.data.length);
  const byDevice = new Map<number, Map<number, number>>();
  for (let at = 0; at < data.length; at += 4) {
    if (at % bytesInARow === 0) await turn();
    const device = devices !== undefined && at < devices.length ? devices.readUInt32BE(at) : 0;
    const first = byDevice.get(device) ?? new Map<number, number>();
    byDevice.set(device, first);
    const inode = inodes.data.readUInt32BE(at);
    const number = first.get(inode) ?? at / 4 + 1;
    first.set(inode, number);
    data.writeUInt32BE(number, at);
  }
  return data;
}

/** The longest name or version of a dependency. Rich ones of real packages have some hundred bytes. */
const longest = 1 << 14;
/** The most bytes of all names, or all versions, of one kind: five times those of a kernel. */
const mostBytes = 1 << 23;
/** Texts, or bytes of numbers, between two looks at the clock. */
const textsInARow = 16;
const bytesInARow = 1 << 12;

async function eachText(tag: Tag, turn: Turn, change: (text: string) => string): Promise<Buffer> {
  if (!isText(tag)) return tag.data;
  if (tag.data.length > mostBytes)
    throw new RpmFormatError(`tag ${tag.tag} has ${tag.data.length} bytes, of at most ${mostBytes}`);
  const texts = tag.data.toString('latin1').split('\0');
  for (const [index, text] of texts.entries()) {
    if (index % textsInARow === 0) await turn();
    if (text.length > longest)
      throw new RpmFormatError(`tag ${tag.tag} has a text of ${text.length} bytes, of at most ${longest}`);
    texts[index] = change(text);
  }
  return latin1(texts.join('\0'));
}

/** True for a tag that holds one text or several, not translated. */
export function isText(tag: Tag): boolean {
  return tag.type === 6 || tag.type === 8;
}

/** Latin-1 both ways: no byte is lost, whatever the encoding. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function oneText(all: readonly Tag[], number: number): string {
  const tag = all.find((one) => one.tag === number && one.type === 6);
  return tag === undefined ? '' : tag.data.toString('latin1').slice(0, -1);
}
