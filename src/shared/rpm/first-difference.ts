import { order } from '../base/order.ts';
import { type Header, RpmFormatError } from './header.ts';
import { numbersOf, textsOf } from './tag-values.ts';
import { tags } from './tags.ts';

/**
 * Returns the first path, in the order of paths, in which two RPMs differ: one has it alone, or it has another type, mode
 * or content. Undefined if only other parts of their headers differ. Pure.
 */
export function firstDifference(one: Pick<Header, 'tags'>, other: Pick<Header, 'tags'>): string | undefined {
  const [a, b] = [filesOf(one), filesOf(other)];
  return [...new Set([...a.keys(), ...b.keys()])].sort(order).find((path) => a.get(path) !== b.get(path));
}

/** Mode and digest of each file, by path. */
function filesOf(main: Pick<Header, 'tags'>): Map<string, string> {
  const [names, folders] = [textsOf(main, tags.baseNames), textsOf(main, tags.dirNames)];
  const [indexes, modes] = [numbersOf(main, tags.dirIndexes), numbersOf(main, tags.fileModes)];
  const digests = textsOf(main, tags.fileDigests);
  return new Map(
    names.map((name, at) => {
      const folder = folders[indexes[at] ?? -1];
      if (folder === undefined) throw new RpmFormatError(`file ${JSON.stringify(name)} has no folder`);
      return [folder + name, `${modes[at]} ${digests[at]}`];
    }),
  );
}
