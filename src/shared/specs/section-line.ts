/**
 * The line of a spec on which a section (`%build`) begins, from 1; undefined when it is not in this file. A section that
 * conditions give twice is taken where it comes first. Pure.
 */
export function sectionLine(spec: string, section: string): number | undefined {
  const heading = new RegExp(`^${section}(\\s|$)`);
  const at = spec.split('\n').findIndex((line) => heading.test(line));
  return at === -1 ? undefined : at + 1;
}
