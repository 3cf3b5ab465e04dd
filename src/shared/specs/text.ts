/** What can be told from a spec's text alone, without evaluating anything. Pure. */

const named = [
  /%\{?[!?]*([A-Za-z_]\w*)/g,
  /%\{?[!?]*(?:un)?defined[ \t(]+([A-Za-z_]\w*)/g,
  /\bmacros\.([A-Za-z_]\w*)/g,
  /\bmacros\[\s*['"](\w+)['"]/g,
  /\brpm\.isdefined\(\s*['"](\w+)['"]/g,
];

/** Every macro name that occurs in `texts`: a superset of what rpm looks up by name when it reads them. Sorted. */
export function macrosNamedIn(texts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const text of texts) {
    for (const pattern of named) {
      for (const match of text.matchAll(pattern)) names.add(match[1] as string);
    }
  }
  return [...names].sort();
}

/** True when a text runs `rpm -q`, `rpmquery` or the like: it can see versions and releases of what is installed. */
export function queriesRpmDatabase(text: string): boolean {
  return /(?<![\w.-])(?:__)?rpm[}'"]?[ \t](?:[^\n;|&]*[ \t])?(?:-[A-Za-z]*[qV]|--query\b|--verify\b)|\brpmquery\b|\brpmverify\b|\brepoquery\b/.test(
    text,
  );
}

/** True when a second look with `with_check 1` may show other BuildRequires. */
export function dependsOnCheck(text: string): boolean {
  return /with_check\b|without_check\b|%\{?with(?:out)?[ \t]+check\b|%\{?bcond\w*[ \t]+check\b|%include\b|%\{load:/.test(
    text,
  );
}

const directive =
  /%(?:config|attr|verify|lang|caps)(?:\([^)]*\))?|%(?:dir|ghost|missingok|artifact|readme|pubkey)\b/g;

/**
 * The absolute paths and globs of a `%files` section (macros expanded), without directives. Documents and licenses
 * named relative to the source are left out: where they land is rpm's affair.
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

/** A name that may be a file's on every host: no separators, no spaces, no shell or RPM syntax, no leading dash. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+~@=,^-]*$/.test(name) && name.length <= 200;
}
