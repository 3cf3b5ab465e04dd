/** One build of a package: its shard, and the artifact that held the result; null where only the shard had it. */
export interface OneBuild {
  shard: number;
  artifact: string | null;
}

/** A package that several jobs of a run built under one key, and not the same. */
export interface NonReproducible {
  package: string;
  /** Names of the RPMs that differ for who needs them. */
  rpms: string[];
  /** The build that counts: the one whose artifact came first. */
  counts: OneBuild;
  others: OneBuild[];
}

/** Says it in a line. Pure. */
export function nonReproducibleLine({ package: name, rpms, counts, others }: NonReproducible): string {
  const dropped = others.map(shown).join(' and ');
  return `${name} is not reproducible: builds of one key differ in ${rpms.join(', ')}. That of ${shown(counts)} came first and counts, that of ${dropped} does not.`;
}

function shown({ shard, artifact }: OneBuild): string {
  return artifact === null ? `shard ${shard}` : `shard ${shard} (${artifact})`;
}
