import { flag, type InputTable, list, needed, shaped } from '../../../src/shared/github/inputs.ts';

/** Inputs of `compose-image/release`. */
export interface ReleaseInputs {
  tag: string;
  files: string[];
  /** Artifacts of the run. */
  imageArtifacts: string[];
  skipUnchanged: boolean;
  token: string;
  repository: string;
}

/** What each input may be. */
export const releaseInputs: InputTable<ReleaseInputs> = {
  tag: shaped(/^[A-Za-z0-9][\w.+-]*$/, 'the name of a tag: letters, digits and . _ + -'),
  files: list,
  imageArtifacts: list,
  skipUnchanged: flag,
  token: needed('a token that may write contents'),
  repository: shaped(/^[\w.-]+\/[\w.-]+$/, 'owner/name'),
};
