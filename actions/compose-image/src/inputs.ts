import {
  flag,
  type InputTable,
  list,
  needed,
  retention,
  shaped,
  text,
} from '../../../src/shared/github/inputs.ts';
import type { ComposeInputs, ReleaseInputs } from '../../../src/shared/model/inputs.ts';

/** The inputs of `compose-image`. */
export const composeInputs: InputTable<ComposeInputs> = {
  configFile: needed('the path of an image config'),
  configBaseDir: text,
  configExtraDirs: list,
  rpmsArtifact: text,
  rpmsDir: text,
  repoList: list,
  releaseMajorId: text,
  toolchainArtifact: text,
  toolchainDir: text,
  bootTest: flag,
  retentionDays: retention,
  outDir: text,
  buildDir: text,
  cacheDir: text,
};

/** The inputs of `compose-image/release`. */
export const releaseInputs: InputTable<ReleaseInputs> = {
  tag: shaped(/^[A-Za-z0-9][\w.+-]*$/, 'the name of a tag: letters, digits and . _ + -'),
  files: list,
  imageArtifacts: list,
  skipUnchanged: flag,
  token: needed('a token that may write contents'),
  repository: shaped(/^[\w.-]+\/[\w.-]+$/, 'owner/name'),
};
