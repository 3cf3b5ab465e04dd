// Bounded: a line of opening parentheses must not be read to its end from each of them.
const directive =
  /%(?:config|attr|verify|lang|caps)(?:\([^)]{0,100}\))?|%(?:dir|ghost|missingok|artifact|readme|pubkey)\b/g;

/**
 * The absolute paths and globs of a `%files` section (macros expanded), without directives. Documents and licenses
 * relative to the source are left out: rpm decides their paths. Sorted. Pure.
 */
export function pathsOfFilesSection(section: string): string[] {
  const paths = new Set<string>();
  for (const line of section.split('\n')) {
    if (/^\s*(?:#|%(?:exclude|defattr|defverify)\b)/.test(line)) continue;
    const rest = line.replaceAll(directive, ' ').replaceAll(/%(?:doc|license)\b/g, ' ');
    for (const [, quoted, plain] of rest.matchAll(/"([^"]*)"|(\S+)/g)) {
      const path = quoted ?? plain ?? '';
      if (path.startsWith('/')) paths.add(path);
    }
  }
  return [...paths].sort();
}

/** True for the name of a file in a folder: no path, no control character, short enough to get a suffix. Pure. */
export function isFileName(name: string): boolean {
  const isPath = name === '' || name === '.' || name === '..' || name.includes('/');
  return !isPath && name.isWellFormed() && !/\p{Cc}/u.test(name) && Buffer.byteLength(name) <= 200;
}

/** True for a file name without separators, spaces, shell or RPM syntax, or a leading dash. Pure. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+~@=,^-]*$/.test(name) && name.length <= 200;
}

/** The line, from 1, on which a section (`%build`) of a spec first begins; undefined when it is not in this file. Pure. */
export function sectionLine(spec: string, section: string): number | undefined {
  const heading = new RegExp(`^${section}(\\s|$)`);
  const at = spec.split('\n').findIndex((line) => heading.test(line));
  return at === -1 ? undefined : at + 1;
}
