import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { makeBuildRoot } from '../../../src/shared/builder/build-root.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { verifiedRpms } from '../../../src/shared/toolchain/verified-rpms.ts';
import { madeUpRpm, madeUpToolchain } from '../../support/made-up.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-verified-'));
mkdirSync(join(dir, 'RPMS'));
afterAll(() => rmSync(dir, { recursive: true }));

const rpm = (name: string, bytes: string) => {
  const made = madeUpRpm(name, { shipDigest: textDigest(bytes) });
  writeFileSync(join(dir, 'RPMS', made.file), bytes);
  return made;
};

it('returns the folder of RPMs that have the digests of the toolchain', async () => {
  expect(await verifiedRpms(dir, [rpm('one', '1'), rpm('two', '2')])).toBe(join(dir, 'RPMS'));
});

it('names every RPM that is missing or damaged, with a hint, before a build root uses it', async () => {
  const [fine, damaged, lost] = [rpm('fine', 'f'), rpm('damaged', 'd'), rpm('lost', 'l')];
  writeFileSync(join(dir, 'RPMS', damaged.file), 'x');
  rmSync(join(dir, 'RPMS', lost.file));
  const words = [
    `${dir}/RPMS/damaged-1.0-1.x86_64.rpm: This RPM of the toolchain is damaged: its SHA-256 is `,
    `${dir}/RPMS/lost-1.0-1.x86_64.rpm: This RPM of the toolchain is missing. Remove ${dir}/toolchain.json, then run \`make -C ../azl toolchain\``,
  ];
  for (const word of words) await expect(verifiedRpms(dir, [fine, damaged, lost])).rejects.toThrow(word);
  const root = {
    toolchain: { ...madeUpToolchain([fine, damaged]), worker: [] },
    toolchainDir: dir,
    overlay: join(dir, 'overlay'),
    installed: [fine, damaged].map((one) => ({ origin: 'toolchain' as const, rpm: one })),
    folderOf: () => '',
    ...{ name: 'app', log: recordingLog(), releasesHidden: true },
  };
  await expect(makeBuildRoot(root)).rejects.toThrow(words[0]);
  await removeTree(join(dir, 'overlay'));
});
