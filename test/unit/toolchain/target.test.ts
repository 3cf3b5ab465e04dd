import { expect, it } from 'vitest';
import { architectures, hostArchitecture } from '../../../src/shared/base/architectures.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { isForeign, toolchainFor } from '../../../src/shared/toolchain/target.ts';
import { madeUpRpm } from '../../support/made-up.ts';

it('is foreign when this machine does not run it', () => {
  const others = Object.keys(architectures).filter((arch) => arch !== hostArchitecture.rpm);
  expect(['', hostArchitecture.rpm].map(isForeign)).toEqual([false, false]);
  expect(others.map(isForeign)).toEqual(others.map(() => true));
});

it('makes a toolchain of another architecture that no build takes', () => {
  const rpm = (name: string, arch: string) => ({
    ...madeUpRpm(name),
    ...{ file: `${name}-1-1.${arch}.rpm`, arch, provides: [`${name} = 1-1`, `${name}(x86-64) = 1-1`] },
    requires: ['libc(x86-64) >= 1', 'libm.so.6()(64bit)'],
  });
  const toolchain: Toolchain = {
    ...{ schema: 'azl/toolchain', version: 1, mode: 'bootstrap', arch: 'x86_64' },
    rpms: [rpm('a', 'x86_64'), rpm('b', 'noarch')],
    ...{ worker: ['a-1-1.x86_64.rpm'], workerDigest: 'f'.repeat(64) },
  };
  const made = toolchainFor(toolchain, 'aarch64');
  expect(made).toMatchObject({ arch: 'aarch64', worker: toolchain.worker, mode: 'bootstrap' });
  expect(made.workerDigest).not.toBe(toolchain.workerDigest);
  expect(made.rpms.map(({ file, arch }) => [file, arch])).toEqual([
    ['a-1-1.x86_64.rpm', 'aarch64'],
    ['b-1-1.noarch.rpm', 'noarch'],
  ]);
  expect(made.rpms[0]).toMatchObject({
    provides: ['a = 1-1', 'a(aarch-64) = 1-1'],
    requires: ['libc(aarch-64) >= 1', 'libm.so.6()(64bit)'],
  });
});
