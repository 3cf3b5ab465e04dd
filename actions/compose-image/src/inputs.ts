import {
  count,
  flag,
  type InputTable,
  list,
  needed,
  onePath,
  retention,
  shaped,
  text,
} from '../../../src/shared/github/inputs.ts';
import type { ComposeInputs, ReleaseInputs } from '../../../src/shared/model/inputs.ts';

const oneAtATime =
  'Make one image at a time. On GitHub, compose-image.yml makes each of an array in a job of its own.';

/** The inputs of `compose-image`. */
export const composeInputs: InputTable<ComposeInputs> = {
  configFile: onePath('the path of an image config', oneAtATime),
  configBaseDir: text,
  configExtraDirs: list,
  rpmsArtifact: text,
  rpmsDir: text,
  repoList: list,
  releaseMajorId: text,
  toolchainArtifact: text,
  toolchainDir: text,
  bootTest: flag,
  bootTimeout: count(10, 21_600),
  summary: flag,
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
  summary: flag,
  token: needed('a token that may write contents'),
  repository: shaped(/^[\w.-]+\/[\w.-]+$/, 'owner/name'),
};
