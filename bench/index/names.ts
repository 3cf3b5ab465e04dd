import { hostArchitecture } from '../../src/shared/base/architectures.ts';

/** The purpose of an RPM by its name. The Debian package that stands for it is of the same kind. */
export type Kind = 'devel' | 'doc' | 'lang' | 'python' | 'perl' | 'ruby' | 'libs' | 'debug' | 'main';

const kinds: readonly [Kind, RegExp][] = [
  ['debug', /-debug(?:info|source)$/],
  ['devel', /-(?:devel|static|headers)$/],
  ['doc', /-(?:docs?|manual)$/],
  ['lang', /-lang$/],
  ['python', /^python3?-/],
  ['perl', /^perl-/],
  ['ruby', /^rubygem-/],
  ['libs', /-libs?$/],
];

export function kindOf(rpm: string): Kind {
  return kinds.find(([, pattern]) => pattern.test(rpm))?.[0] ?? 'main';
}

const debianKinds: readonly [Kind, RegExp][] = [
  ['devel', /-dev$/],
  ['doc', /-doc$/],
  ['lang', /-(?:l10n|locales|common)$/],
  ['python', /^python3-/],
  ['perl', /-perl$/],
  ['ruby', /^ruby-/],
  ['libs', /^lib.*\d$/],
];

/** Returns the kind of a Debian package; undefined for packages unlike every RPM of Azure Linux. */
export function debianKindOf(deb: string): Kind | undefined {
  if (
    /^(?:texlive|fonts-|linux-|lib.*-java$|node-|golang-|librust-|r-cran-|elpa-|.*-(?:dbg|data)$)/.test(deb)
  )
    return undefined;
  return debianKinds.find(([, pattern]) => pattern.test(deb))?.[0] ?? 'main';
}

/** The largest packages that have another name in Debian. */
const others: Readonly<Record<string, RegExp>> = {
  kernel: new RegExp(`^linux-image-[\\d.]+-\\d+-${hostArchitecture.debian}$`),
  'kernel-devel': /^linux-headers-[\d.]+-\d+-common$/,
  'kernel-docs': /^linux-doc-[\d.]+$/,
  golang: /^golang-1\.\d+-src$/,
};

/** Returns a function that finds the Debian packages with the files of an RPM of this name. */
export function debianNames(names: readonly string[]): (rpm: string) => string[] {
  const all = new Set(names);
  const byStem = new Map<string, string[]>();
  for (const name of names) {
    const stem = stemOf(name);
    byStem.set(stem, [...(byStem.get(stem) ?? []), name]);
  }
  const first = (candidates: readonly string[]) => {
    const exact = candidates.find((one) => all.has(one));
    if (exact !== undefined) return [exact];
    const [like] = candidates.flatMap((one) => byStem.get(stemOf(one))?.slice(-1) ?? []);
    return like === undefined ? [] : [like];
  };
  return (rpm) => {
    const known = others[rpm];
    if (known !== undefined) return names.filter((one) => known.test(one)).slice(0, 1);
    const base = rpm.toLowerCase().replace(/-(?:devel|static|headers|docs?|manual|lang|libs?)$/, '');
    switch (kindOf(rpm)) {
      case 'debug':
        return [];
      case 'devel':
        return first([`${base}-dev`, `lib${base}-dev`]);
      case 'doc':
        return first([`${base}-doc`, `lib${base}-doc`]);
      case 'lang':
        return first([`${base}-l10n`, `${base}-locales`, `${base}-common`]);
      case 'perl':
        return first([`lib${base.slice(5)}-perl`]);
      case 'ruby':
        return first([base.replace('rubygem-', 'ruby-')]);
      case 'python':
        return first([base.replace(/^python3?-/, 'python3-')]);
      case 'libs':
        return first([`lib${base}`, base]);
      default: {
        const found = first([base, `lib${base}`]);
        const more = ['common', 'data', 'bin'].map((part) => `${base}-${part}`);
        return found.length === 0 ? [] : [...found, ...more.filter((one) => all.has(one))];
      }
    }
  };
}

/** Returns a name without version: `libicu72` becomes `libicu`. */
function stemOf(name: string): string {
  return name.replace(/[-.\d]+(?:t64)?(-dev|-doc)?$/, '$1');
}
