/** The line, from 1, on which a section (`%build`) of a spec first begins; undefined when it is not in this file. Pure. */
export function sectionLine(spec: string, section: string): number | undefined {
  const heading = new RegExp(`^${section}(\\s|$)`);
  const at = spec.split('\n').findIndex((line) => heading.test(line));
  return at === -1 ? undefined : at + 1;
}
