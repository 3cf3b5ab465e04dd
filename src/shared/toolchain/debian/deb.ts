/** A binary package as apt's lists describe it (deb-control(5)). */
export interface Deb {
  name: string;
  version: string;
  architecture: string;
  /** The name of its source package. */
  source: string;
  /** The first line of its description. */
  summary: string;
  /** Pre-Depends and Depends. One alternative of each group must be installed. */
  depends: Alternative[][];
  provides: Alternative[];
  /** The SHA-256 of the file, in hex. */
  digest: string;
  size: number;
}

/** The relation `name (op version)`, without an architecture qualifier (`:any`). */
export interface Alternative {
  name: string;
  op?: string;
  version?: string;
}

/** Parses Debian's relation syntax: `a (>= 1) | b:any, c`. Text that is no relation is left out. Pure. */
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

/** Parses the output of `apt-cache dumpavail`. Packages of other architectures than `arch` are left out. Pure. */
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
