import { expect, it } from 'vitest';
import { imageArtifact, serialLogArtifact } from '../../../src/shared/image/artifacts.ts';

it.each([
  ['imageconfigs/minimal.json', 'azl-image-minimal'],
  ['./imageconfigs/minimal.json', 'azl-image-minimal'],
  ['examples/distro/imageconfigs/minimal.json', 'azl-image-minimal'],
  ['imageconfigs/old/imageconfigs/edge/image.json', 'azl-image-edge-image'],
  ['server/image.json', 'azl-image-server-image'],
  ['./edge//image.json', 'azl-image-edge-image'],
  ['my-imageconfigs/image.json', 'azl-image-my-imageconfigs-image'],
  ['imageconfigs.json', 'azl-image-imageconfigs'],
  ['/a/b/core-efi_1.2.json', 'azl-image-a-b-core-efi_1.2'],
  ['/a/imageconfigs/core.json', 'azl-image-core'],
  ['a b:*c.json', 'azl-image-a-b-c'],
  ['config', 'azl-image-config'],
])('the image of %j is the artifact %j', (file, name) => expect(imageArtifact(file)).toBe(name));

it('the serial log of a boot that failed is an artifact of its attempt', () => {
  expect(serialLogArtifact('edge/image.json', 2)).toBe('azl-logs-2-image-edge-image');
});
