import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { textDigest } from '../../src/shared/host/digests.ts';

/** A package of a made-up archive: noarch, with files of one line each. */
export interface ArchivePackage {
  name: string;
  version?: string;
  depends?: string;
  /** Absolute paths, with what they hold. */
  files?: Record<string, string>;
  /** What the file holds instead of a package. */
  instead?: string;
}

/** Makes `dir` a flat archive of exactly these packages, with its list of files, and returns a line of sources.list for it. */
export function writeArchive(dir: string, packages: readonly ArchivePackage[]): string {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const index = packages.map((one) => writeDeb(dir, one)).join('\n');
  const owners = packages.flatMap(({ name, files = {} }) =>
    Object.keys(files).map((path) => `${path.slice(1)}    misc/${name}\n`),
  );
  const lists = { Packages: index, 'Contents-all': owners.sort().join(''), 'Contents-amd64': '' };
  for (const [name, text] of Object.entries(lists)) writeFileSync(join(dir, name), text);
  const digests = Object.entries(lists).map(
    ([name, text]) => ` ${textDigest(text)} ${text.length} ${name}\n`,
  );
  writeFileSync(
    join(dir, 'Release'),
    `Suite: made-up\nArchitectures: amd64 arm64 all\nSHA256:\n${digests.join('')}`,
  );
  return `deb [trusted=yes] file:${dir} ./\n`;
}

function writeDeb(
  dir: string,
  { name, version = '1.0-1', depends, files = {}, instead }: ArchivePackage,
): string {
  const tree = join(dir, 'tree');
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\n`, { mode: path.includes('/bin/') ? 0o755 : 0o644 });
  }
  const needs = depends === undefined ? '' : `Depends: ${depends}\n`;
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: x <x@example.invalid>\n${needs}Description: made up\n`;
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const file = `${name}_${version}_all.deb`;
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(dir, file)], { stdio: 'ignore' });
  rmSync(tree, { recursive: true });
  if (instead !== undefined) writeFileSync(join(dir, file), instead);
  const bytes = readFileSync(join(dir, file));
  return `${control}Filename: ./${file}\nSize: ${bytes.length}\nSHA256: ${textDigest(bytes)}\n`;
}
