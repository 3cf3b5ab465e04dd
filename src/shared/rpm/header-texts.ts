import type { Header } from './header.ts';
import { decodeTag } from './tag-values.ts';
import { dependencyTags, tags } from './tags.ts';

/** A text of an RPM's header. */
export interface HeaderText {
  /** The spec's word for it: `Summary`, `%changelog`, `Provides`, `%post`. */
  name: string;
  /** For people; a name, which is compared; or a program. */
  kind: 'people' | 'name' | 'scriptlet';
  text: string;
  /** A scriptlet's interpreter; empty for the shell. */
  program: string;
}

const people: readonly [tag: number, name: string][] = [
  [tags.summary, 'Summary'],
  [tags.description, '%description'],
  [tags.packager, 'Packager'],
  [tags.url, 'URL'],
  [tags.changelogName, '%changelog'],
  [tags.changelogText, '%changelog'],
  [1010, 'Distribution'],
  [1011, 'Vendor'],
  [tags.license, 'License'],
  [1016, 'Group'],
  [1123, 'DistURL'],
  [5012, 'BugURL'],
  [5034, 'VCS'],
];

const fileNames: readonly [tag: number, name: string][] = [
  [tags.baseNames, 'a path of %files'],
  [tags.dirNames, 'a path of %files'],
  [1039, 'the owner of a file'],
  [1040, 'the group of a file'],
];

const dependencyNames: readonly [keyof typeof dependencyTags, string][] = [
  ['provide', 'Provides'],
  ['require', 'Requires'],
  ['conflict', 'Conflicts'],
  ['obsolete', 'Obsoletes'],
  ['order', 'OrderWithRequires'],
  ['recommend', 'Recommends'],
  ['suggest', 'Suggests'],
  ['supplement', 'Supplements'],
  ['enhance', 'Enhances'],
  ['trigger', 'the package of a trigger'],
  ['fileTrigger', 'the path of a file trigger'],
  ['transFileTrigger', 'the path of a file trigger'],
];

const scriptlets: readonly [tag: number, program: number, name: string][] = [
  [1023, 1085, '%pre'],
  [1024, 1086, '%post'],
  [1025, 1087, '%preun'],
  [1026, 1088, '%postun'],
  [1151, 1153, '%pretrans'],
  [1152, 1154, '%posttrans'],
  [1079, 1091, '%verifyscript'],
  [1065, 1092, 'a trigger'],
  [5066, 5067, 'a file trigger'],
  [5076, 5077, 'a file trigger'],
];

/**
 * Yields the texts of a main header that people, other packages or rpm read, those of one tag at a time: there may be a
 * hundred thousand. Pure. @throws RpmFormatError
 */
export function* headerTexts(main: Pick<Header, 'tags'>): Generator<HeaderText[]> {
  const byNumber = new Map(main.tags.map((tag) => [tag.tag, tag]));
  const valuesOf = (number: number): string[] => {
    const tag = byNumber.get(number);
    const value = tag === undefined ? undefined : decodeTag(tag);
    if (value?.type === 'string' || value?.type === 'strings' || value?.type === 'i18n') return value.values;
    return [];
  };
  const from = (kind: HeaderText['kind'], name: string, number: number) =>
    valuesOf(number).map((text): HeaderText => ({ name, kind, text, program: '' }));
  for (const [number, name] of people) yield from('people', name, number);
  for (const [number, name] of fileNames) yield from('name', name, number);
  for (const [kind, name] of dependencyNames) {
    const { name: names, version } = dependencyTags[kind];
    for (const number of [names, version]) yield from('name', name, number);
  }
  for (const [number, program, name] of scriptlets) {
    const programs = valuesOf(program);
    // A script of its own for each trigger; a program with arguments has several texts.
    const own = (index: number) => programs[name.startsWith('%') ? 0 : index] ?? '';
    yield valuesOf(number).map((text, index): HeaderText => {
      return { name, kind: 'scriptlet', text, program: own(index) };
    });
  }
}
