import { hostArchitecture } from '../../base/architectures.ts';

/** Where a file of a Debian package lies, and the capability that it reveals, in RPM's words where RPM has one. */
interface FileKind {
  /** An extended regular expression of grep(1) and of JavaScript: paths without the first `/`. */
  path: string;
  /** Returns the keys that a path of this kind is found under. */
  keys(groups: readonly string[]): string[];
}

const triplet = `(?:${hostArchitecture.triplet}/)?`;

const kinds: readonly FileKind[] = [
  { path: '(?:usr/)?(s?bin/[^/]+)', keys: ([file]) => [`/usr/${file}`] },
  { path: 'usr/games/([^/]+)', keys: ([file]) => [`/usr/bin/${file}`] },
  { path: `usr/(?:lib|share)/${triplet}pkgconfig/([^/]+)\\.pc`, keys: ([name]) => [`pkgconfig(${name})`] },
  { path: `(?:usr/)?lib/${triplet}(lib[^/]+\\.so\\.[0-9.]+)`, keys: ([name]) => [`${name}`] },
  { path: `usr/lib/${triplet}lib([^/]+)\\.so`, keys: ([name]) => [libraryKey(`${name}`)] },
  {
    path: `usr/(?:share/perl5|share/perl/[0-9.]+|lib/${triplet}perl(?:5/[0-9.]+|/[0-9.]+|-base))/(.+)\\.pm`,
    keys: ([path = '']) => [`perl(${path.replaceAll('/', '::')})`],
  },
  {
    path: 'usr/lib/python3/dist-packages/([^/]+)-[0-9][^/-]*(?:-[^/]*)?\\.(?:egg-info|dist-info)(?:/PKG-INFO|/METADATA)?',
    keys: ([name = '']) => [`python3dist(${pythonName(name)})`],
  },
  {
    path: 'usr/lib/python3/dist-packages/([^/.]+)(?:/__init__)?\\.py',
    keys: ([name = '']) => [moduleKey(name)],
  },
  { path: 'usr/.*/([^/]+)Config\\.cmake', keys: ([name = '']) => [`cmake(${name})`, cmakeKey(name)] },
  { path: 'usr/.*/([^/]+)-config\\.cmake', keys: ([name = '']) => [`cmake(${name})`, cmakeKey(name)] },
  {
    path: 'usr/share/rubygems-integration/[^/]+/specifications/(.+)-[0-9][^-]*\\.gemspec',
    keys: ([name]) => [`rubygem(${name})`],
  },
  {
    path: `usr/lib/${triplet}girepository-1\\.0/(.+)-[0-9.]+\\.typelib`,
    keys: ([name]) => [`typelib(${name})`],
  },
  { path: 'usr/share/texlive/texmf-dist/tex/.*/([^/]+\\.(?:sty|cls))', keys: ([name]) => [`tex(${name})`] },
  { path: 'usr/lib/ocaml/([^/]+)/META', keys: ([name]) => [`ocaml(${name})`] },
  { path: 'usr/(?:share|lib)/nodejs/((?:@[^/]+/)?[^/]+)/package\\.json', keys: ([name]) => [`npm(${name})`] },
  {
    path: 'usr/share/maven-repo/(.+)/([^/]+)/[^/]+/[^/]+\\.pom',
    keys: ([group = '', name]) => [`mvn(${group.replaceAll('/', '.')}:${name})`],
  },
  {
    path: 'usr/share/fonts/(?:truetype|opentype)/([^/]+)/[^/]+\\.[ot]tf',
    keys: ([family = '']) => [`font(${family.replaceAll('-', '')})`],
  },
];

/** The key of a library to link with: of `libz.so` it is that of `z`. */
export const libraryKey = (name: string) => `library(${name.toLowerCase()})`;
/** The key of a Python module, by the name that programs import. */
export const moduleKey = (name: string) => `python module(${name.toLowerCase()})`;
/** The key of a CMake package whose name is spelled with other capital letters. */
export const cmakeKey = (name: string) => `cmake package(${name.toLowerCase()})`;

/** True for a key that a requirement can name. */
export function isCapability(key: string): boolean {
  return !/^(library|python module|cmake package)\(/.test(key);
}

/** Returns the name of a Python distribution as PEP 503 compares it. Pure. */
export function pythonName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/** The extended regular expression (grep -E) of the lines of Contents that {@link keysOfPath} knows. */
export const contentsPattern = `^(${kinds.map(({ path }) => path.replaceAll('(?:', '(')).join('|')})[[:space:]]`;

const patterns = kinds.map(({ path, keys }) => ({ pattern: new RegExp(`^${path}$`), keys }));

/** Returns the keys under which the packages with a file are found. Pure. @param path without the first `/` */
export function keysOfPath(path: string): string[] {
  return patterns.flatMap(({ pattern, keys }) => {
    const found = pattern.exec(path);
    return found === null ? [] : keys(found.slice(1));
  });
}

/** Parses a line of Contents: a path, blanks, and `section/name` of each package that has it. Pure. */
export function parseContentsLine(line: string): { path: string; packages: string[] } | undefined {
  const found = /^(\S.*?)\s+(\S+)$/.exec(line);
  if (found === null) return undefined;
  const [, path = '', owners = ''] = found;
  return { path, packages: owners.split(',').map((owner) => owner.slice(owner.lastIndexOf('/') + 1)) };
}
