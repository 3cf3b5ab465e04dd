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
  KeyInput: {
    spec: 'in',
    sources: 'in',
    arch: 'in',
    defines: 'in',
    recipe: 'in',
    workerDigest: 'in',
    installed: 'in',
  },
  Spec: {
    package: 'out: a name, not content',
    path: 'out: a place, not content',
    name: 'through digest',
    epoch: 'through digest',
    version: 'through digest',
    release: 'through digest',
    sourceRpm: 'through digest',
    excluded: 'through digest',
    buildRequires: 'through digest',
    checkRequires: 'through digest',
    buildConflicts: 'through digest',
    sources: 'in',
    packages: 'through digest',
    hasCheck: 'through digest',
    digest: 'in',
    includes: 'in',
    macrosNamed: 'in',
    queriesRpmDatabase: 'in',
  },
  Rpm: {
    file: 'out: holds the release, which no build sees',
    name: 'in',
    epoch: 'through outputDigest',
    version: 'through outputDigest',
    release: 'out: no build sees it, but those that releasesSeen names',
    arch: 'in',
    sourceRpm: 'through outputDigest',
    size: 'through outputDigest',
    shipDigest: 'out: what is published, not what a build sees',
    outputDigest: 'in',
    provides: 'through outputDigest',
    requires: 'through outputDigest',
    conflicts: 'through outputDigest',
    obsoletes: 'through outputDigest',
    files: 'through outputDigest',
    folders: 'through outputDigest',
  },
};
