import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBundle, startBundle } from '../support/bundle.ts';
import { tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS'];
const kills = 20;
const dir = newWorkspace();
const calm = newWorkspace();
let inputs: Record<string, string>;

beforeAll(async () => {
  inputs = { 'toolchain-dir': (await testWorker()).dir };
  for (const one of [dir, calm]) await writeTree(join(one, 'SPECS'), tinyPackages());
  expect((await runBundle('build-packages', inputs, calm)).code).toBe(0);
});
afterAll(async () => {
  for (const one of [dir, calm]) await removeWorkspace(one);
});

/** A small generator with a seed, so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

async function settled(): Promise<string[]> {
  for (let tries = 0; tries < 200 && leftBehind(dir).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return leftBehind(dir);
}

describe('a run that is killed again and again', () => {
  it(`leaves nothing behind ${kills} times, and ends with the bytes of an undisturbed run`, async () => {
    const random = seeded(20250101);
    for (let kill = 0; kill < kills; kill++) {
      const { child, ended } = startBundle('build-packages', inputs, dir);
      const pause = new Promise((resolve) => setTimeout(resolve, 150 + random() * 2500));
      await Promise.race([pause, ended]);
      const signal = random() < 0.5 ? 'SIGKILL' : 'SIGINT';
      child.kill(signal);
      const { code, said } = await ended;
      expect([0, 130, 137], `kill ${kill} by ${signal}: ${said}`).toContain(code);
      expect(await settled(), `kill ${kill} by ${signal}`).toEqual([]);
    }
    const last = await runBundle('build-packages', inputs, dir);
    expect(last.code, last.said).toBe(0);
    expect(digests(dir, published)).toEqual(digests(calm, published));
  });
});
