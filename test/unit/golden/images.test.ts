import { keyOf } from '../../../src/shared/cache-key/key.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { bootTestRecipe } from '../../../src/shared/image/boot-test/boot-overlay.ts';
import type { NamedFiles } from '../../../src/shared/image/config/named-files.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';
import { fixedUuid, fixedVolumeId, imageSeed } from '../../../src/shared/image/disk/identity.ts';
import { layOut } from '../../../src/shared/image/disk/layout.ts';
import { bootPlace } from '../../../src/shared/image/manifest/image-json.ts';
import {
  imageComponents,
  imageManifest,
  imageName,
} from '../../../src/shared/image/manifest/image-manifest.ts';
import { passwordHashes } from '../../../src/shared/image/rootfs/accounts.ts';
import { fixedSalt, sha512Crypt } from '../../../src/shared/image/rootfs/crypt.ts';
import { fixedValues, text } from './golden.ts';
import * as made from './made-up.ts';
import * as madeImages from './made-up-images.ts';

async function imageValues(which: string): Promise<Record<string, unknown>> {
  const { config } = parseImageConfig(text(madeImages.imageConfigs[which]), `${which}.json`);
  const named = madeImages.named[which] as NamedFiles;
  const seed = imageSeed(config);
  const layout = layOut(config, seed);
  const packages = madeImages.imagePackages;
  const tools = madeImages.bootTools;
  const hashes = await passwordHashes(config.system.users, seed);
  const manifest = imageManifest({ config, layout, seed, named, hashes, packages, tools });
  const hostTools = { mke2fs: '1.47.0', 'mkfs.vfat': '4.2' };
  const components = imageComponents({ manifest, packages, workerDigest: made.hex('a'), hostTools });
  return {
    [`image ${which}: seed`]: seed,
    [`image ${which}: name`]: imageName(config.system.name, packages),
    [`image ${which}: place of the boot`]: bootPlace(layout, tools),
    [`image ${which}: manifest`]: textDigest(text(manifest)),
    [`image ${which}: components`]: components,
    [`image ${which}: key`]: keyOf(components),
    [`image ${which}: artifacts`]: manifest.artifacts,
  };
}

const values = {
  'boot test: recipe': textDigest(bootTestRecipe),
  'identity: GUID': fixedUuid('seed', 'what'),
  'identity: volume': fixedVolumeId('seed', 'what'),
  'identity: password': await sha512Crypt('secret', fixedSalt('seed')),
  ...(await imageValues('minimal')),
  ...(await imageValues('full')),
};
fixedValues('images', () => values);
