import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runApt } from '../../src/shared/host/apt.ts';
import { writeWhole } from '../../src/shared/host/files.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { hostMirror } from '../../src/shared/sources/debian-archive.ts';
import type { ListedSource, ListedSpec } from './list.ts';

/** The suites of Debian that are searched, in this order. */
const suites = ['bookworm', 'trixie', 'trixie-backports', 'sid'];

/** A file of a Debian source package. */
export type Found = Omit<ListedSource, 'file' | 'sha256'>;

/**
 * Lists the specs of a checkout all of whose remote sources Debian ships byte for byte, by the digests of the tree's own
 * signatures. @param dir the folder for apt's lists
 */
export async function specsInArchive(
  checkout: string,
  trees: readonly string[],
  dir: string,
  say: (line: string) => void,
): Promise<ListedSpec[]> {
  const signed = (await Promise.all(trees.map((tree) => signedSpecs(checkout, tree)))).flat();
  const wanted = new Set(signed.flatMap(({ remote }) => remote.map(([, sha256]) => sha256)));
  say(`Searching ${wanted.size} sources of ${signed.length} specs in Debian's archive, by digest`);
  const found = await searchArchive(wanted, dir);
  return signed.flatMap(({ tree, spec, remote }): ListedSpec[] => {
    const sources = remote.flatMap(([file, sha256]) => {
      const one = found.get(sha256);
      return one === undefined ? [] : [{ file, sha256, ...one }];
    });
    return remote.length > 0 && sources.length === remote.length ? [{ tree, spec, sources }] : [];
  });
}

interface SignedSpec {
  tree: string;
  spec: string;
  /** Base name and SHA-256 of the sources that do not lie beside the spec. */
  remote: [name: string, sha256: string][];
}

/** Reads the signatures of every spec in a folder of specs. */
export async function signedSpecs(checkout: string, tree: string): Promise<SignedSpec[]> {
  const specs: SignedSpec[] = [];
  for (const folder of await readdir(join(checkout, tree), { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const dir = join(checkout, tree, folder.name);
    const names = new Set((await readdir(dir, { recursive: true })).map((path) => path.replace(/^.*\//, '')));
    for (const name of names) {
      if (!name.endsWith('.spec') || !names.has(name.replace(/spec$/, 'signatures.json'))) continue;
      const text = await readFile(join(dir, name.replace(/spec$/, 'signatures.json')), 'utf8');
      const remote = signaturesIn(text).filter(([file]) => !names.has(file));
      specs.push({ tree, spec: name.slice(0, -'.spec'.length), remote });
    }
  }
  return specs.sort((a, b) => (a.spec < b.spec ? -1 : 1));
}

/** Returns the names and digests in the text of a signatures file; none for one that cannot be read. Pure. */
export function signaturesIn(text: string): [string, string][] {
  try {
    const members = Object.entries(JSON.parse(text) as Record<string, Record<string, string>>);
    const [, digests = {}] = members.find(([name]) => name.toLowerCase() === 'signatures') ?? [];
    return Object.entries(digests);
  } catch {
    return [];
  }
}

/** Searches the indexes of Debian's source packages for files, by SHA-256. */
async function searchArchive(wanted: ReadonlySet<string>, dir: string): Promise<Map<string, Found>> {
  const mirror = await hostMirror(undefined);
  await mkdir(dir, { recursive: true });
  const list = join(dir, 'sources.list');
  await writeWhole(list, suites.map((suite) => `deb-src [trusted=yes] ${mirror} ${suite} main\n`).join(''));
  const apt = { dir, settings: { 'Dir::Etc::sourcelist': list, 'Dir::Etc::sourceparts': '/dev/null' } };
  await runApt(['apt-get', '-q', 'update'], apt);
  const format = '$(CODENAME) $(RELEASE) $(FILENAME)';
  const targets = await runApt(['apt-get', 'indextargets', '--format', format, 'Created-By: Sources'], apt);
  const files = targets
    .trim()
    .split('\n')
    .map((row) => row.split(' '));
  const found = new Map<string, Found>();
  for (const suite of suites) {
    const file = files.find((row) => row.includes(suite))?.at(-1);
    if (file === undefined) continue;
    const search = indexReader(suite, wanted, found);
    await runTool(['/usr/lib/apt/apt-helper', 'cat-file', file], { onLine: search });
  }
  return found;
}

/** Returns a function that takes an index of source packages line by line, and adds the files of `wanted`. */
export function indexReader(suite: string, wanted: ReadonlySet<string>, found: Map<string, Found>) {
  let name = '';
  let version = '';
  return (line: string): void => {
    if (line === '') [name, version] = ['', ''];
    else if (line.startsWith('Package: ')) name = line.slice('Package: '.length);
    else if (line.startsWith('Version: ')) version = line.slice('Version: '.length);
    else {
      const [, sha256 = '', size = '', file = ''] = /^ ([0-9a-f]{64}) (\d+) (\S+)$/.exec(line) ?? [];
      // The first suite counts, and there the first package.
      if (!wanted.has(sha256) || found.has(sha256)) return;
      found.set(sha256, { suite, package: name, version, debianFile: file, size: Number(size) });
    }
  };
}
