import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { textDigest } from '../src/shared/host/digests.ts';
import { removeTree } from '../src/shared/host/folders.ts';
import { repository } from './build-dist.ts';
import { documentOf, filesOf, renamedArtifact } from './compare/documents.ts';
import { patterns, runShards } from './compare/shards.ts';
import { checkOut, copyDownloads, downloads, make, type Side, scratch } from './compare/side.ts';
import { git } from './git.ts';

/*
 * Compares what two commits make of the example distribution: `node scripts/compare-commits.ts <commit> <commit>`.
 *
 *     build/compare/downloads   what both take from the network: the toolchain's lock is the same for both
 *     build/compare/<a|b>/      checkout, and everything that it makes; gone when all is equal
 *
 * Of a commit only make targets, variables of make, and the inputs of its actions are used: its files may lie anywhere.
 */

/** The results of a commit: texts and digests, by name. */
type Documents = Map<string, Map<string, string>>;

/** Everything that a commit makes of the example distribution. */
async function makeAll(side: Side): Promise<Documents> {
  const out = join(side.dir, 'main', 'out');
  const documents: Documents = new Map();
  copyDownloads(downloads, side.cache);
  await make(side, 'main', 'plan');
  documents.set('plan.json, nothing built', documentOf(side, join(out, 'plan.json')));
  // Equal bytes boot alike.
  await make(side, 'main', 'image', { BOOT_TEST: 'n' });
  copyDownloads(side.cache, downloads);
  documents.set('build.json', documentOf(side, join(out, 'build.json')));
  await make(side, 'main', 'plan');
  documents.set('plan.json, all built', documentOf(side, join(out, 'plan.json')));
  await make(side, 'srpms', 'input-srpms', { CACHE_DIR: side.cache });
  documents.set('RPMS', await filesOf(join(out, 'RPMS')));
  documents.set('SRPMS', await filesOf(join(out, 'SRPMS')));
  documents.set('SRPMS of input-srpms', await filesOf(join(side.dir, 'srpms', 'out', 'SRPMS')));
  const images = join(out, 'images');
  documents.set('raw image', await filesOf(images, (name) => name.endsWith('.raw')));
  documents.set('other files of the image', await filesOf(images, (name) => !/\.(raw|json)$/.test(name)));
  for (const name of existsSync(images) ? readdirSync(images).filter((one) => one.endsWith('.json')) : [])
    documents.set(`images/${name}`, documentOf(side, join(images, name), false));
  documents.set('RPMs of the toolchain', await filesOf(join(side.toolchain, 'RPMS')));
  documents.set('toolchain.json', documentOf(side, join(side.toolchain, 'toolchain.json'), false));
  const artifacts = patterns(await runShards(side)).map((name) => renamedArtifact(side, name));
  documents.set('artifacts between jobs', new Map(artifacts.map((name) => [name, 'there'])));
  const merged = join(side.dir, 'merge', 'out');
  documents.set('RPMS of a merge', await filesOf(join(merged, 'RPMS')));
  documents.set('SRPMS of a merge', await filesOf(join(merged, 'SRPMS')));
  documents.set('build.json of a merge', documentOf(side, join(merged, 'build.json')));
  return documents;
}

/** Returns the names that only one side has, or that differ between the sides. */
function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return names.flatMap((name) => {
    if (a.get(name) === b.get(name)) return [];
    if (!a.has(name)) return [`${name}: only in b`];
    return [b.has(name) ? `${name}: differs` : `${name}: only in a`];
  });
}

/** Prints the comparison. @returns true if there was something to compare and all of it is equal */
function report(a: Documents, b: Documents): boolean {
  const kinds = [...new Set([...a.keys(), ...b.keys()])];
  const width = Math.max(...kinds.map((kind) => kind.length));
  let good = true;
  for (const kind of kinds) {
    const [one, other] = [a.get(kind) ?? new Map(), b.get(kind) ?? new Map()];
    const wrong = differences(one, other);
    const digest = ([...all]: Iterable<[string, string]>) => textDigest(JSON.stringify(all)).slice(0, 12);
    const word = wrong.length > 0 ? 'DIFFERS' : one.size === 0 ? 'NOTHING' : 'equal';
    good &&= word === 'equal';
    const counts = `${String(one.size).padStart(5)} ${digest(one)}   ${String(other.size).padStart(5)} ${digest(other)}`;
    console.log(`${kind.padEnd(width)} ${counts}   ${word}`);
    for (const line of wrong.slice(0, 30)) console.log(`${' '.repeat(width)}   ${line}`);
    if (wrong.length > 30) console.log(`${' '.repeat(width)}   and ${wrong.length - 30} more`);
  }
  return good;
}

/** Writes all that was compared of one side to a file, for `diff`. */
function writeLists(documents: Documents, name: Side['name']): string {
  const path = join(scratch, `${name}.txt`);
  const lines = [...documents].flatMap(([kind, all]) =>
    [...all].map((pair) => `${kind}: ${pair.join(' ')}\n`),
  );
  writeFileSync(path, lines.join(''));
  return relative(repository, path);
}

try {
  const commits = process.argv.slice(2);
  if (commits.length !== 2) throw new Error('expected two commits: compare-commits.ts <commit> <commit>');
  const [a, b] = (await Promise.all(
    commits.map((one) => git(repository, ['rev-parse', '--verify', `${one}^{commit}`])),
  )) as [string, string];
  if (!existsSync(downloads)) copyDownloads(join(repository, 'build', 'cache'), downloads);
  const first = await checkOut('a', a);
  const second = await checkOut('b', b);
  const documents: [Documents, Documents] = [await makeAll(first), await makeAll(second)];
  const lists = [writeLists(documents[0], 'a'), writeLists(documents[1], 'b')];
  console.log(`==> a: ${a}\n==> b: ${b}\n    what they made, in full: ${lists.join(', ')}`);
  const good = report(...documents);
  if (good) for (const side of [first, second]) await removeTree(side.dir);
  process.exit(good ? 0 : 1);
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exit(1);
}
