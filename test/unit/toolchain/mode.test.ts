import { describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { prepareToolchainFolder } from '../../../src/shared/jobs/toolchain.ts';
import { modeOf } from '../../../src/shared/toolchain/prepare.ts';

describe('modeOf', () => {
  it.each([
    ['auto', '', '', 'bootstrap'],
    ['auto', 'm.txt', '', 'download'],
    ['auto', '', 'a.tar.gz', 'archive'],
    ['auto', 'm.txt', 'a.tar.gz', 'download'],
    ['bootstrap', 'm.txt', '', 'bootstrap'],
  ] as const)('%s, manifest %o, archive %o: %s', (toolchainMode, toolchainManifest, toolchainArchive, expected) => {
    expect(modeOf({ toolchainMode, toolchainManifest, toolchainArchive })).toBe(expected);
  });
});

it('names the modes that are supported', async () => {
  const inputs = {
    toolchainMode: 'download',
    toolchainManifest: '',
    toolchainArchive: '',
    toolchainDir: '',
    cacheDir: '/nonexistent',
    updateLock: false,
    summary: true,
    onStoreError: 'fail',
  } as const;
  const action = { log: recordingLog(), signal: new AbortController().signal };
  await expect(prepareToolchainFolder(action, inputs)).rejects.toThrow(
    /'download' is not supported yet.*'bootstrap'/,
  );
});
