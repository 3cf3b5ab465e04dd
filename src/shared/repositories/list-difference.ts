import type { Rpm } from '../model/rpm.ts';

/**
 * Describes where an RPM is another one than its repository's list says; undefined if the solver could believe the list. A
 * list may leave out files, and requirements that the RPM satisfies itself: rpm checks requirements when it installs. Pure.
 */
export function listDifference(listed: Rpm, found: Rpm): string | undefined {
  for (const field of ['name', 'epoch', 'version', 'release', 'arch'] as const)
    if (found[field] !== listed[field])
      return `the ${field} ${found[field]}, not ${listed[field]} as its list says`;
  const all = { ...found, paths: [...found.files, ...found.folders] };
  for (const [kind, of, isWhole] of kinds) {
    const declared = kind === 'paths' ? [...listed.files, ...listed.folders] : listed[kind];
    const [there, said] = [new Set(all[kind].map(comparable)), new Set(declared.map(comparable))];
    const surplus = declared.find((one) => !there.has(comparable(one)));
    if (surplus !== undefined) return `no ${of} '${surplus}', as its list says`;
    const lacking = isWhole ? all[kind].find((one) => !said.has(comparable(one))) : undefined;
    if (lacking !== undefined) return `the ${of} '${lacking}', which its list does not say`;
  }
  return undefined;
}

const kinds = [
  ['provides', 'provide', true],
  ['requires', 'requirement', false],
  ['conflicts', 'conflict', true],
  ['obsoletes', 'obsolete', true],
  ['paths', 'path', false],
] as const;

/** A list has an epoch of 0 for none. */
function comparable(capability: string): string {
  return capability.startsWith('/') ? capability : capability.replace(/ 0:(?=[^ ]*$)/, ' ');
}
