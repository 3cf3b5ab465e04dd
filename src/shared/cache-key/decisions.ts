import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { KeyInput } from './key.ts';

/** The decision on a field: it is in the key itself, through another field that holds it, or out of it, and why. */
export type Decision = 'in' | `through ${string}` | `out: ${string}`;

/**
 * A decision for every field of every type that a key is made from. The types make a missing one an error of the
 * compiler; a test changes each field in turn and compares the key with what is decided here.
 */
export const decisions: {
  KeyInput: Record<keyof KeyInput, Decision>;
  Spec: Record<keyof Required<Spec>, Decision>;
  Rpm: Record<keyof Rpm, Decision>;
} = {
  KeyInput: all(
    'in',
    'spec',
    'sources',
    'arch',
    'defines',
    'recipe',
    'workerDigest',
    'policies',
    'brokenCycles',
    'installed',
    'releaseAware',
  ),
  Spec: {
    package: 'out: a name, not content',
    ...all('out: a place, not content', 'specsDir', 'path'),
    ...all('in', 'digest', 'sources', 'includes', 'versionMacros'),
    ...all('through digest', 'name', 'epoch', 'version', 'release', 'sourceRpm', 'excluded', 'buildRequires'),
    ...all('through digest', 'checkRequires', 'buildConflicts', 'packages', 'hasCheck', 'generates'),
  },
  Rpm: {
    file: 'out: holds the release, which no build sees',
    release: 'out: no build sees it, unless the file is in the key',
    shipDigest: 'out: what is published, not what a build sees, unless it is release-aware',
    ...all('in', 'name', 'arch', 'outputDigest'),
    ...all('through outputDigest', 'epoch', 'version', 'sourceRpm', 'size', 'files', 'folders'),
    ...all('through outputDigest', 'provides', 'requires', 'conflicts', 'obsoletes'),
  },
};

/** The same decision on several fields. */
function all<Field extends string>(decision: Decision, ...fields: Field[]): Record<Field, Decision> {
  return Object.fromEntries(fields.map((field) => [field, decision])) as Record<Field, Decision>;
}
