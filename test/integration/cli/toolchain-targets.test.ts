import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeChain } from '../../support/chain.ts';
import type { Checkout } from '../../support/checkout.ts';
import { tinyPackages, writeTree } from '../../support/tiny-distro.ts';
import { type TestWorker, testWorker } from '../../support/worker.ts';

let checkout: Checkout;
let made: TestWorker;

beforeAll(async () => {
  made = await testWorker();
  // The bundle of the toolchain does nothing: it is there.
  checkout = await makeChain();
});
afterAll(() => checkout.remove());

/** Runs a target. Returns the exit code, and what it says. */
async function make(...args: string[]) {
  const { code, stdout, stderr } = await checkout.run(['make', '--no-print-directory', ...args]);
  return { code, said: `${stdout}${stderr}`.replaceAll(`${checkout.dir}/`, '') };
}

it('make validate-toolchain reports what is wrong with the folder', async () => {
  const sound = await make('validate-toolchain', `TOOLCHAIN_DIR=${made.dir}`);
  const count = made.toolchain.rpms.length;
  expect(sound).toEqual({
    code: 0,
    said: expect.stringContaining(`${count} RPMs: nothing is missing, damaged`),
  });
  const dir = join(checkout.dir, 'damaged');
  mkdirSync(join(dir, 'RPMS'), { recursive: true });
  const [first, ...rest] = made.toolchain.rpms.map(({ file }) => file) as [string];
  for (const file of rest) symlinkSync(join(made.dir, 'RPMS', file), join(dir, 'RPMS', file));
  writeFileSync(join(dir, 'toolchain.json'), readFileSync(join(made.dir, 'toolchain.json')));
  const damaged = await make('validate-toolchain', `TOOLCHAIN_DIR=${dir}`);
  expect(damaged.code).not.toBe(0);
  expect(damaged.said).toContain(`${first}: This RPM of the toolchain is missing`);
});

it('make check-manifests compares the manifest with the specs', async () => {
  await writeTree(join(checkout.dir, 'SPECS'), tinyPackages());
  const compare = async (files: readonly string[]) => {
    writeFileSync(join(checkout.dir, 'toolchain.txt'), files.map((file) => `${file}\n`).join(''));
    const manifest = ['TOOLCHAIN_MODE=bootstrap', 'TOOLCHAIN_MANIFEST=toolchain.txt', 'SPECS_DIR=SPECS'];
    return await make('check-manifests', `TOOLCHAIN_DIR=${made.dir}`, ...manifest);
  };
  const alpha = ['alpha-1.0-1.azl3.x86_64.rpm', 'alpha-debuginfo-1.0-1.azl3.x86_64.rpm'];
  const devel = 'alpha-devel-1.0-1.azl3.x86_64.rpm';
  expect(await compare([...alpha, devel])).toEqual({
    code: 0,
    said: expect.stringContaining('3 RPMs: the specs make each.'),
  });
  const { code, said } = await compare([
    ...alpha,
    'alpah-1.0-1.azl3.x86_64.rpm',
    'beta-0.9-1.azl3.x86_64.rpm',
  ]);
  expect(code).not.toBe(0);
  expect(said).toContain('toolchain.txt:3: No spec makes alpah-1.0-1.azl3.x86_64.rpm');
  expect(said).toContain(
    'toolchain.txt:4: beta-0.9-1.azl3.x86_64.rpm is not what its spec makes: beta has 1.0-1.azl3',
  );
  expect(said).toContain(`toolchain.txt: It lacks ${devel}, which alpha makes besides others that are in it`);
});
