import { describe, expect, it } from 'vitest';
import { modeOf, run } from '../../../actions/toolchain/src/run.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';

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

describe('run', () => {
  it('says which modes are supported', async () => {
    const inputs = {
      toolchainMode: 'download',
      toolchainManifest: '',
      toolchainArchive: '',
      toolchainDir: '',
      updateLock: false,
      onStoreError: 'fail',
    } as const;
    const deps = { log: recordingLog(), signal: new AbortController().signal, jobs: 1 };
    await expect(run({ ...inputs, cacheDir: '/nonexistent' }, deps)).rejects.toThrow(
      /'download' is not supported yet.*'bootstrap'/,
    );
  });
});
