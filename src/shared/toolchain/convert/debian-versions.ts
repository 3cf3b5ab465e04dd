import type { Alternative } from '../debian/deb.ts';

/** Returns a Debian version as RPM can write it: illegal characters are replaced, a native package gets release 1. Pure. */
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
 * Returns the RPM requirement on `name` for a Debian one. A package that a spec builds has epoch 0 and another release,
 * so a lower bound keeps only the upstream version, without Debian's marks (`+dfsg`, `+really1.3`). Other bounds are
 * dropped. `>>` becomes `>=`, because RPM does not compare an absent release. Pure.
 */
export function tolerantRequire(name: string, relation: Alternative): string {
  if (relation.version === undefined || (relation.op !== '>=' && relation.op !== '>>')) return name;
  const { version } = rpmVersion(relation.version);
  const upstream = version.replace(/^.*\+really/, '').replace(/[.+~](dfsg|ds|git|repack).*$/, '');
  return `${name} >= ${upstream.replace(/~+$/, '')}`;
}
