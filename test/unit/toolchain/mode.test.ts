import { describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { prepareToolchainFolder } from '../../../src/shared/jobs/toolchain.ts';
import { modeOf } from '../../../src/shared/toolchain/prepare.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

describe('modeOf', () => {
  it.each([
    ['auto', '', '', 'bootstrap'],
    ['auto', 'm.txt', '', 'download'],
    ['auto', '', 'a.tar.gz', 'archive'],
    ['auto', 'm.txt', 'a.tar.gz', 'archive'],
    ['bootstrap', 'm.txt', '', 'bootstrap'],
  ] as const)('%s, manifest %o, archive %o: %s', (toolchainMode, toolchainManifest, toolchainArchive, expected) => {
    expect(modeOf({ toolchainMode, toolchainManifest, toolchainArchive })).toBe(expected);
  });
});

it.each([
  ['download', "Input 'toolchain-manifest' (TOOLCHAIN_MANIFEST) is empty"],
  ['archive', "Input 'toolchain-manifest' (TOOLCHAIN_MANIFEST) is empty"],
] as const)('%s without a manifest is an error', async (toolchainMode, expected) => {
  const inputs = {
    ...{ toolchainMode, toolchainManifest: '', toolchainArchive: '', workerManifest: '', packageUrlList: [] },
    ...{ validateToolchainGpg: undefined, toolchainGpgValidationKeys: [], toolchainDir: '' },
    ...{
      specsDir: [],
      cacheDir: temporary(),
      updateLock: false,
      summary: true,
      onStoreError: 'fail' as const,
    },
  };
  const action = { log: recordingLog(), signal: new AbortController().signal };
  await expect(prepareToolchainFolder(action, inputs)).rejects.toThrow(expected);
});
