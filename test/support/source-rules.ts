import { dirname, join } from 'node:path/posix';
import type { SourceCode } from './source-code.ts';

type Imports = ReadonlyMap<string, Pick<SourceCode, 'imports'>>;

const shared = 'src/shared/';

/** The room of a file below src/shared; undefined for another file, '' for one that lies in no room. */
function roomOf(path: string): string | undefined {
  if (!path.startsWith(shared)) return undefined;
  const [room, ...rest] = path.slice(shared.length).split('/');
  return rest.length > 0 ? room : '';
}

const short = (path: string) => path.replace(shared, '');

/** The files of the checkout that each file imports; packages are left out. */
function importedFiles(files: Imports): Map<string, string[]> {
  return new Map(
    [...files].map(([path, { imports }]) => [
      path,
      imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name)),
    ]),
  );
}

/** Why `from` must not import `to`; undefined if it may. `layers` are the rooms from the ground up. */
function importError(from: string, to: string, layers: readonly string[]): string | undefined {
  const [room, other] = [roomOf(from), roomOf(to)];
  const says = `${short(from)} imports ${short(to)}`;
  if (room !== undefined) {
    if (other === undefined) return `${says}: src/shared imports nothing from outside it`;
    const [own, imported] = [layers.indexOf(room), layers.indexOf(other)];
    return own >= 0 && imported > own ? `${says}: ${room} lies below ${other}` : undefined;
  }
  if (other !== undefined) return undefined;
  const [top, name] = [from.split('/')[0], from.split('/')[1]];
  if (top === 'cli') {
    if (to.startsWith('cli/')) return undefined;
    return /^actions\/[^/]+\/src\/(release-)?inputs\.ts$/.test(to)
      ? undefined
      : `${says}: cli imports src/shared and the actions' tables of inputs`;
  }
  return to.startsWith(`${top}/${name}/`)
    ? undefined
    : `${says}: an action imports src/shared and its own files`;
}

/** Every import of `files` that leads upward or out of its part of the repository, and every unknown room. */
export function layerErrors(files: Imports, layers: readonly string[]): string[] {
  const rooms = new Set([...files.keys()].map(roomOf).filter((room) => room !== undefined));
  const unknown = [...rooms]
    .filter((room) => !layers.includes(room))
    .map((room) => `src/shared/${room}: a room without a place in the order of layers`);
  const unused = layers
    .filter((layer) => !rooms.has(layer))
    .map((layer) => `${layer}: a layer without a room`);
  const upward = [...importedFiles(files)].flatMap(([from, imported]) =>
    imported.map((to) => importError(from, to, layers)).filter((error) => error !== undefined),
  );
  return [...unknown, ...unused, ...new Set(upward)].sort();
}

/** One circle for each group of files that import each other, as `a → b → a`. */
export function circles(files: Imports): string[] {
  const imported = importedFiles(files);
  const [done, found] = [new Set<string>(), new Set<string>()];
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const circle = trail.slice(at);
      const first = circle.indexOf([...circle].sort()[0] as string);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.add([...turned, turned[0] as string].map(short).join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of imported.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of imported.keys()) visit(path, []);
  return [...found].sort();
}

const harmlessModules = new Set(['node:path', 'node:crypto']);
const outsideWorld = new Set([
  'Date',
  'process',
  'performance',
  'random',
  'randomBytes',
  'randomUUID',
  'fetch',
]);

/** Every module and name by which a file reads more than its arguments: files, clocks, the environment, random numbers. */
export function impurities(files: ReadonlyMap<string, SourceCode>): string[] {
  const found = [...files].flatMap(([path, { imports, identifiers }]) => [
    ...imports
      .filter((name) => name.startsWith('node:') && !harmlessModules.has(name))
      .map((name) => `${short(path)}: ${name}`),
    ...identifiers.filter(({ text }) => outsideWorld.has(text)).map(({ text }) => `${short(path)}: ${text}`),
  ]);
  return [...new Set(found)].sort();
}

/** The most lines that a file, a function with a name and a function without one may have. */
export interface SizeLimits {
  file: number;
  function: number;
  callback: number;
}

/** Every file and function that is too long, as `path` or `path name`, with its length. */
export function oversized(
  files: ReadonlyMap<string, Pick<SourceCode, 'lines' | 'functions'>>,
  limitsOf: (path: string) => SizeLimits,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [path, { lines, functions }] of files) {
    const limits = limitsOf(path);
    if (lines > limits.file) found.set(path, lines);
    for (const { name, line, lines: length } of functions) {
      if (length > limits[name === '' ? 'callback' : 'function'])
        found.set(`${path} ${name === '' ? `line ${line}` : name}`, length);
    }
  }
  return found;
}

/** Found violations that no list allows, and list entries that allow nothing any more. */
export function againstList(found: Iterable<string>, allowed: Iterable<string>): string[] {
  const [all, listed] = [new Set(found), new Set(allowed)];
  return [
    ...[...all].filter((one) => !listed.has(one)),
    ...[...listed].filter((one) => !all.has(one)).map((one) => `${one}: listed, and not needed any more`),
  ].sort();
}
