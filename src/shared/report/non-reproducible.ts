/** One build of a package: its shard, and the artifact with the result; null when only the shard had it. */
export interface OneBuild {
  shard: number;
  artifact: string | null;
}

/** A package of which builds by several jobs of a run under one key differ. */
export interface NonReproducible {
  package: string;
  /** Names of the RPMs whose output digests differ. */
  rpms: string[];
  /** The build that counts: the one whose artifact came first. */
  counts: OneBuild;
  others: OneBuild[];
}

/** Describes it in one line. Pure. */
export function nonReproducibleLine({ package: name, rpms, counts, others }: NonReproducible): string {
  const dropped = others.map(shown).join(' and ');
  return `${name} is not reproducible: builds of one key differ in ${rpms.join(', ')}. That of ${shown(counts)} came first and counts, that of ${dropped} does not.`;
}

function shown({ shard, artifact }: OneBuild): string {
  return artifact === null ? `shard ${shard}` : `shard ${shard} (${artifact})`;
}
