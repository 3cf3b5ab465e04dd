import type { Macros } from './ask-rpm.ts';
import { expandLiterally, literalMacros } from './literal-macros.ts';
import { isPlainFileName } from './text.ts';

/** Versions that follow from versions of other specs, which follow from others. */
const deepest = 4;

/** A spec whose text is read when it is looked at: few are, of a large tree. */
export interface ReadableSpec {
  package: string;
  bytes: () => Buffer;
}

/**
 * Guesses the version macros that specs will be given, from what their texts say. rpm has the last word: a spec whose
 * macros were guessed wrong is asked about again. So most specs are asked about once.
 * @param distTag the end of releases, which the macros leave out
 */
export function guessVersions(specs: readonly ReadableSpec[], distTag: string): Macros[] {
  const named = specs.map(({ bytes }) => namesIn(bytes()));
  const wanted = new Set(named.flat());
  const values = new Map<string, string>();
  const unknown = specs.flatMap((spec) => tagsOf(spec, wanted));
  for (let depth = 0; depth < deepest; depth += 1)
    for (const { macro, value, macros } of unknown) {
      const found = expandLiterally(value, new Map([...macros, ...values, ['dist', distTag]]));
      const short = distTag === '' ? found : found.replace(distTag, '');
      if (isPlainFileName(short)) values.set(macro, short);
    }
  return named.map((names) =>
    Object.fromEntries(
      names.flatMap((name) => (values.has(name) ? [[name, values.get(name) as string]] : [])),
    ),
  );
}

/** Bounded: a long word of beginnings must not be read to its end from each of them. */
const versionMacro = /azl_\w{1,200}?_(?:version|release|epoch)\b/g;

/** Returns the version macros that a text names, sorted as `parse.py` does. */
function namesIn(bytes: Buffer): string[] {
  if (!bytes.includes('azl_')) return [];
  return [...new Set(bytes.toString('utf8').match(versionMacro))].sort();
}

/** Returns the tags of a spec whose values are wanted as macros, with the macros that the spec defines. */
function tagsOf({ package: name, bytes }: ReadableSpec, wanted: ReadonlySet<string>) {
  const prefix = `azl_${name.replaceAll('-', '_')}`;
  const tags = ['version', 'release', 'epoch'].filter((tag) => wanted.has(`${prefix}_${tag}`));
  if (tags.length === 0) return [];
  const text = bytes().toString('utf8');
  const macros = literalMacros(text);
  return tags.flatMap((tag) => {
    const value = new RegExp(String.raw`^${tag}[ \t]*:[ \t]*(\S+)[ \t]*$`, 'im').exec(text)?.[1];
    return value === undefined ? [] : [{ macro: `${prefix}_${tag}`, value, macros }];
  });
}
