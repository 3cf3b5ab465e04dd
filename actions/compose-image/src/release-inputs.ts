import { flag, type InputTable, list, needed, shaped } from '../../../src/shared/github/inputs.ts';
import type { ReleaseInputs } from '../../../src/shared/model/inputs.ts';

/** The inputs of `compose-image/release`. */
export const releaseInputs: InputTable<ReleaseInputs> = {
  tag: shaped(/^[A-Za-z0-9][\w.+-]*$/, 'the name of a tag: letters, digits and . _ + -'),
  files: list,
  imageArtifacts: list,
  skipUnchanged: flag,
  token: needed('a token that may write contents'),
  repository: shaped(/^[\w.-]+\/[\w.-]+$/, 'owner/name'),
};
