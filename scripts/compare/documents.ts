import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileDigest } from '../../src/shared/host/digests.ts';
import type { Side } from './side.ts';

/** A rename between the older and the newer commit. */
interface Rename {
  /** The schema of the JSON document that has the field; `artifacts`: a name between the jobs of a run. */
  of: string;
  old: string;
  now: string;
  /** The version that the document has since then. */
  version?: number;
}

const allowedRenames: readonly Rename[] = [
  { of: 'artifacts', old: 'azl-alive-', now: 'azl-heartbeat-' },
  { of: 'azl/build', old: 'unlike', now: 'nonReproducible', version: 2 },
];

/** Fields whose values follow from names of the newer commit: the key of an image covers the names of its manifest. */
const changedValues: readonly { of: string; field: string }[] = [
  { of: 'azl/image', field: 'key' },
  { of: 'azl/image', field: 'components' },
];

/** Fields that tell how long something took. */
const durations = new Set(['seconds', 'parts']);

/** Digests of the files below a folder, by path. */
export async function filesOf(dir: string, wanted: (path: string) => boolean = () => true) {
  const files = new Map<string, string>();
  const all = existsSync(dir) ? readdirSync(dir, { recursive: true, withFileTypes: true }) : [];
  const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  for (const path of paths.sort()) {
    const name = relative(dir, path);
    if (wanted(name)) files.set(name, await fileDigest(path));
  }
  return files;
}

/** Returns the text of a JSON document without durations and paths, with the names of the newer commit. */
export function documentOf(side: Side, path: string, isTimed = true): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const json = JSON.parse(readFileSync(path, 'utf8').replaceAll(side.dir, '<dir>')) as { schema?: string };
  const renames = side.name === 'a' ? allowedRenames.filter(({ of }) => of === json.schema) : [];
  const nameOf = (field: string) => renames.find(({ old }) => old === field)?.now ?? field;
  const isChanged = (field: string) =>
    changedValues.some((one) => one.of === json.schema && one.field === field);
  const comparable = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(comparable);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).filter(
      ([field]) => !(isTimed && durations.has(field)) && !isChanged(field),
    );
    return Object.fromEntries(fields.map(([field, inner]) => [nameOf(field), comparable(inner)]));
  };
  const version = renames.find((one) => one.version !== undefined)?.version;
  const document = { ...(comparable(json) as object), ...(version === undefined ? {} : { version }) };
  const { packages, ...rest } = document as { packages?: unknown };
  // A row for each package says where to look.
  const rows = Array.isArray(packages) ? packages.entries() : Object.entries(packages ?? {});
  const named = [...rows].map(([at, one]): [string, string] => {
    const name = (one as { name?: string } | null)?.name ?? String(at);
    return [name, JSON.stringify(one)];
  });
  return new Map([['(all else)', JSON.stringify(rest)], ...named]);
}

/** The name of an artifact as the newer commit gives it. */
export function renamedArtifact(side: Side, name: string): string {
  const renames = side.name === 'a' ? allowedRenames.filter(({ of }) => of === 'artifacts') : [];
  return renames.reduce((text, { old, now }) => text.replace(old, now), name);
}
