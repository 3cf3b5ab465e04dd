import { keyOf } from '../../src/shared/cache-key/key.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import { type ImageJson, imageJson, type PlannedImage } from '../../src/shared/image/manifest/image-json.ts';

const components = { recipe: '3', worker: textDigest('worker'), 'tool:mke2fs': '1.47.0' };

/** A made-up image before it is made: `x.raw`, which holds `bytes`. */
export const plannedImage: PlannedImage = {
  ...{ name: 'x', system: 'x', key: keyOf(components), components },
  files: [{ file: 'x.raw', type: 'raw' }],
  packages: [{ file: 'bash-5.2-1.x86_64.rpm', origin: 'local', license: 'MIT', sha256: textDigest('bash') }],
  boot: { rootOffset: 1_048_576, bootOffset: 1_048_576, kernel: '/boot/vmlinuz-6.1' },
};

/** The same after it was made. */
export const madeImage: ImageJson = imageJson(plannedImage, [
  { file: 'x.raw', type: 'raw', size: 5, sha256: textDigest('bytes') },
]);
