import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import { runBundle } from '../support/bundle.ts';
import { distributions } from '../support/distributions.ts';
import { seeded } from '../support/edits.ts';
import { bundleOf, ownPlaces, seedDownloads, startMake } from '../support/whole-run.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS', 'out/images'];
const kills = 20;
const seed = 20_250_101;

/** Ways in which a run of `make` ends before its time. */
const ways: Record<string, (make: number) => void> = {
  'Ctrl-C': (make) => process.kill(-make, 'SIGINT'),
  'SIGKILL to make and all that it started itself': (make) => process.kill(-make, 'SIGKILL'),
  'SIGKILL to the bundle': (make) => {
    const bundle = bundleOf(make);
    if (bundle !== undefined) process.kill(bundle, 'SIGKILL');
  },
};

describe.each(distributions)('$name: a whole run that is killed again and again', (distribution) => {
  const dir = newWorkspace();
  const calm = newWorkspace();

  beforeAll(async () => {
    for (const one of [dir, calm]) await distribution.write(one);
    await seedDownloads(join(dir, 'cache'));
    const { dir: toolchainDir } = await testWorker();
    const inputs = { 'toolchain-dir': toolchainDir, 'config-file': 'imageconfigs/minimal.json' };
    for (const action of ['build-packages', 'compose-image']) {
      const run = await runBundle(action, { ...inputs, 'boot-test': 'n' }, calm);
      expect(run.code, run.said).toBe(0);
    }
  });
  afterAll(async () => {
    for (const one of [dir, calm]) await removeWorkspace(one);
  });

  async function settled(): Promise<string[]> {
    // Up to two minutes: a machine with much to do takes its time, and who is done waits no longer.
    for (let tries = 0; tries < 4800 && leftBehind(dir).length > 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const loops = await runTool(['losetup', '--list', '--noheadings', '--output', 'BACK-FILE'], {
      ok: 'any',
    });
    return [...leftBehind(dir), ...loops.stdout.split('\n').filter((line) => line.includes(dir))];
  }

  it(`leaves nothing behind ${kills} times, and ends with the bytes of an undisturbed run`, async () => {
    const random = seeded(seed);
    const names = Object.keys(ways);
    for (let kill = 0; kill < kills; kill++) {
      const { pid, ended } = startMake(['image', ...ownPlaces(dir)], dir);
      // Most come soon; every fourth comes late enough for what takes long in one piece.
      const pause = (kill % 4 === 3 ? 10 + random() * 35 : random() * 9) * 1000;
      let over = false;
      const end = ended.finally(() => {
        over = true;
      });
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, pause))]);
      const way = names[Math.floor(random() * names.length)] as string;
      const said = `kill ${kill} of seed ${seed}, after ${Math.round(pause)} ms, by ${way}`;
      if (!over) (ways[way] as (make: number) => void)(pid);
      await end;
      expect(await settled(), said).toEqual([]);
    }
    const last = await startMake(['image', ...ownPlaces(dir)], dir).ended;
    expect(last.code, last.said).toBe(0);
    expect(await settled()).toEqual([]);
    const [made, expected] = [digests(dir, published), digests(calm, published)];
    expect(made).toEqual(expected);
    const { dir: toolchainDir } = await testWorker();
    expect(JSON.parse(readFileSync(join(dir, 'cache/toolchain/toolchain.json'), 'utf8'))).toEqual(
      JSON.parse(readFileSync(join(toolchainDir, 'toolchain.json'), 'utf8')),
    );
  });
});
