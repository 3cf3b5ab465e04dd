import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeChain } from '../../support/chain.ts';
import { type Checkout, stamp } from '../../support/checkout.ts';

let checkout: Checkout;
afterEach(() => checkout.remove());

describe('make clean', () => {
  it('keeps the cache; clean-all does not', async () => {
    checkout = await makeChain();
    for (const path of ['build/logs/a.log', 'build/cache/store/x', 'out/RPMS/x']) checkout.write(path, '');
    expect((await checkout.run(['make', 'clean'])).code).toBe(0);
    expect(readdirSync(join(checkout.dir, 'build'))).toEqual(['cache']);
    expect(existsSync(join(checkout.dir, 'out'))).toBe(false);
    expect((await checkout.run(['make', 'clean-all'])).code).toBe(0);
    expect(existsSync(join(checkout.dir, 'build'))).toBe(false);
  });

  it('removes nothing from a folder that is not ours', async () => {
    checkout = await makeChain();
    checkout.write('mine/precious', '');
    checkout.write('out/x', '');
    const ended = await checkout.run(['make', 'clean', 'BUILD_DIR=mine']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('was not made by azl: nothing is removed');
    expect(existsSync(join(checkout.dir, 'mine/precious'))).toBe(true);
    expect(existsSync(join(checkout.dir, 'out/x'))).toBe(true);
  });

  it('removes a folder elsewhere that a run made', async () => {
    checkout = await makeChain();
    await stamp(checkout);
    expect((await checkout.run(['make', 'toolchain', 'BUILD_DIR=else/where'])).code).toBe(0);
    expect(existsSync(join(checkout.dir, 'else/where'))).toBe(true);
    expect((await checkout.run(['make', 'clean', 'BUILD_DIR=else/where'])).code).toBe(0);
    expect(readdirSync(join(checkout.dir, 'else/where'))).toEqual(['.made-by-azl']);
  });
});
