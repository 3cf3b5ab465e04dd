/** The letters that make a path of `%files` a pattern. */
const special = /[*?[{]/;

/** The beginning of a pattern that is no pattern yet: all of it when there is none. Pure. */
export function literalPart(pattern: string): string {
  const at = pattern.search(special);
  return at === -1 ? pattern : pattern.slice(0, at);
}

/**
 * True if `text` matches a shell pattern as in rpm's `%files`: `*`, `?`, `[a-z]`, `{a,b}`. Braces become alternatives and
 * are not expanded: a spec with many of them takes no longer than others. Pure.
 */
export function globMatches(pattern: string, text: string): boolean {
  let source = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i] as string;
    if (letter === '*') source += '.*';
    else if (letter === '?') source += '.';
    else if (letter === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end === -1) source += '\\[';
      else {
        source += `[${pattern
          .slice(i + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\')}]`;
        i = end;
      }
    } else if (letter === '{' && pattern.includes('}', i)) {
      depth++;
      source += '(?:';
    } else if (letter === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (letter === ',' && depth > 0) source += '|';
    else source += letter.replace(/[.+^$()|\\/{}\]]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's').test(text);
  } catch {
    return false;
  }
}
