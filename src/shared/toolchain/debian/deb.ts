/** One binary package as apt's lists describe it (deb-control(5)). */
export interface Deb {
  name: string;
  version: string;
  architecture: string;
  /** Name of its source package. */
  source: string;
  /** First line of its description. */
  summary: string;
  /** Pre-Depends and Depends: every group must hold, by any one of its alternatives. */
  depends: Alternative[][];
  provides: Alternative[];
  /** SHA-256 of the file, in hex. */
  digest: string;
  size: number;
}

/** `name (op version)` of a Debian relation; architecture qualifiers (`:any`) are left out. */
export interface Alternative {
  name: string;
  op?: string;
  version?: string;
}

/** Reads Debian's relation syntax: `a (>= 1) | b:any, c`. Text that is no relation is left out. */
export function parseRelations(text: string): Alternative[][] {
  return text
    .split(',')
    .map((group) => group.split('|').flatMap(parseAlternative))
    .filter((group) => group.length > 0);
}

function parseAlternative(text: string): Alternative[] {
  const found =
    /^\s*([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?/.exec(text);
  if (found === null) return [];
  const [, name, op, version] = found;
  return [{ name: name as string, ...(op !== undefined && version !== undefined ? { op, version } : {}) }];
}

/** Reads the paragraphs that `apt-cache dumpavail` prints; those of other architectures than `arch` are left out. */
export function parsePackages(text: string, arch: string): Map<string, Deb> {
  const debs = new Map<string, Deb>();
  for (const paragraph of text.split('\n\n')) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0 && line[0] !== ' ') fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const name = fields.get('Package');
    const version = fields.get('Version');
    const architecture = fields.get('Architecture') ?? '';
    const digest = fields.get('SHA256');
    if (name === undefined || version === undefined || digest === undefined) continue;
    if ((architecture !== arch && architecture !== 'all') || debs.has(name)) continue;
    debs.set(name, {
      name,
      version,
      architecture,
      source: (fields.get('Source') ?? name).replace(/ .*/, ''),
      summary: fields.get('Description') ?? fields.get('Description-en') ?? name,
      depends: [
        ...parseRelations(fields.get('Pre-Depends') ?? ''),
        ...parseRelations(fields.get('Depends') ?? ''),
      ],
      provides: parseRelations(fields.get('Provides') ?? '').flat(),
      digest,
      size: Number(fields.get('Size') ?? 0),
    });
  }
  return debs;
}

/** A Debian version as RPM can write it: epoch kept, what RPM forbids replaced, a native package has release 1. */
export function rpmVersion(version: string): { epoch: number; version: string; release: string } {
  const colon = version.indexOf(':');
  const epoch = colon < 0 ? 0 : Number(version.slice(0, colon));
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  const legal = (part: string) => part.replaceAll(/[^A-Za-z0-9._+~]/g, '_');
  return dash < 0
    ? { epoch, version: legal(rest), release: '1' }
    : { epoch, version: legal(rest.slice(0, dash)), release: legal(rest.slice(dash + 1)) };
}

/**
 * The RPM requirement on `name` for a Debian one. A locally built package has epoch 0 and another release: a lower
 * bound keeps its upstream version alone (without Debian's marks in it: `+dfsg`, `+really1.3`), every other bound is
 * dropped. `>>` becomes `>=`, because RPM does not look
 * at a release that is not there.
 */
export function tolerantRequire(name: string, relation: Alternative): string {
  if (relation.version === undefined || (relation.op !== '>=' && relation.op !== '>>')) return name;
  const { version } = rpmVersion(relation.version);
  const upstream = version.replace(/^.*\+really/, '').replace(/[.+~](dfsg|ds|git|repack).*$/, '');
  return `${name} >= ${upstream.replace(/~+$/, '')}`;
}
