import { expect, it } from 'vitest';
import { imageArtifact } from '../../../actions/compose-image/src/run-artifacts.ts';

it.each([
  ['imageconfigs/minimal.json', 'azl-image-minimal'],
  ['/a/b/core-efi_1.2.json', 'azl-image-core-efi_1.2'],
  ['a b:*c.json', 'azl-image-a-b-c'],
  ['config', 'azl-image-config'],
])('the image of %j is the artifact %j', (file, name) => expect(imageArtifact(file)).toBe(name));
