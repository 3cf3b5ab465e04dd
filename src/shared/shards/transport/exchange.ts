import type { ArtifactInfo } from '../protocol/listing.ts';

/** What to do when something that the jobs of a run exchange is not there any more. */
export const keptForItsRun =
  'It is kept until about a day after its run was expected to end, if the settings of the repository allow that. Run all jobs again: what was built is in the store.';

/**
 * How the jobs of one run hand results and claims to each other. An artifact appears whole or not at all, and never
 * changes.
 */
export interface Exchange {
  /** What there is. May be cut short: what is missing can be asked for by {@link Exchange.find}. */
  list(): Promise<ArtifactInfo[]>;
  /** The newest artifact of exactly this name. */
  find(name: string): Promise<ArtifactInfo | undefined>;
  /**
   * Creates an artifact of `files`, which are paths below `root` and keep them.
   * @returns undefined when the name is taken, also when whoever took it has not finished
   */
  create(name: string, root: string, files: readonly string[]): Promise<ArtifactInfo | undefined>;
  /** Puts the files of an artifact below `dir`, a new folder. Answers whether it was there. */
  fetch(item: ArtifactInfo, dir: string): Promise<boolean>;
  /** Removes an artifact, if it is there. */
  remove(name: string): Promise<void>;
}
