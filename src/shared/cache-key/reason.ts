import { architectures } from '../base/architectures.ts';
import { order } from '../base/order.ts';
import type { Components } from '../model/build-result.ts';

/** Names in one reason before the rest is counted. */
const mostNames = 4;

/**
 * Explains why a package is built: the differences between the components of two keys, own files first. Pure.
 * @param before undefined when it was never built
 */
export function reasonToBuild(before: Components | undefined, now: Components): string {
  if (before === undefined) return 'never built before';
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => before[name] !== now[name],
  );
  changed.sort(order);
  const parts = kinds.flatMap(([kind, text]) => {
    const names = changed.filter((name) => kindOf(name) === kind);
    if (names.length === 0) return [];
    const inputs = names.filter((name) => name !== kind);
    const label = (name: string) => name.slice(kind.length + 1).replace(archSuffix, '');
    // An RPM that only has another architecture now is neither new nor gone.
    const listed = [...new Set(inputs.map(label))];
    const shown = listed.slice(0, mostNames).map((one) => {
      const own = inputs.filter((name) => label(name) === one);
      const isNew = own.every((name) => before[name] === undefined);
      const isGone = own.every((name) => now[name] === undefined);
      return `${isNew ? 'new ' : isGone ? 'no more ' : ''}${one}`;
    });
    const more = listed.length > mostNames ? ` and ${listed.length - mostNames} more` : '';
    return [listed.length === 0 ? text : `${text}: ${shown.join(', ')}${more}`];
  });
  return parts.length === 0 ? 'its result is not in the store any more' : parts.join('; ');
}

/** Lists the components of a key, one a line, with the value before of those that differ. For the debug log. Pure. */
export function keyText(name: string, key: string, now: Components, before: Components | undefined): string {
  const lines = Object.entries(now).map(([component, value]) => {
    const old = before?.[component];
    const change = before === undefined || old === value ? '' : ` (was ${old ?? 'absent'})`;
    return `  ${component}: ${value}${change}`;
  });
  const gone = Object.keys(before ?? {}).filter((component) => !(component in now));
  return [`key of ${name}: ${key}`, ...lines, ...gone.map((one) => `  ${one}: absent now`)].join('\n');
}

const kinds: readonly (readonly [string, string])[] = [
  ['spec', 'spec changed'],
  ['include', 'included file changed'],
  ['source', 'source changed'],
  ['patch', 'patch changed'],
  ['executable', 'executable file changed'],
  ['macro', 'macro changed'],
  ['policy', 'policy changed'],
  ['cycle', 'policy on cycles changed'],
  ['installed', 'dependency changed'],
  ['file', 'file of a dependency changed'],
  ['worker', 'worker changed'],
  ['recipe', 'build recipe changed'],
  ['arch', 'architecture changed'],
  ['schema', 'key schema changed'],
];

const archSuffix = new RegExp(`\\.(${[...Object.keys(architectures), 'noarch'].join('|')})$`);

/** The part of a component's name in front of the first colon. */
function kindOf(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(0, colon);
}
