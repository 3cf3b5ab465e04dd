import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../scripts/build-dist.ts';
import { type Services, startServices } from '../services/server.ts';
import { type Inputs, startBundle } from '../support/bundle.ts';
import { littleSpace } from '../support/little-space.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

const dir = newWorkspace();
let services: Services;
beforeAll(async () => {
  services = await startServices();
  const config = readFileSync(join(repository, 'examples/distro/imageconfigs/minimal.json'));
  writeFileSync(join(dir, 'minimal.json'), config);
});
afterAll(async () => {
  await services.close();
  await removeWorkspace(dir);
});

async function compose(inputs: Inputs, inRun: boolean) {
  const given = { 'config-file': 'minimal.json', 'boot-test': 'n', ...inputs };
  const environment = inRun ? services.environment('run', 'job') : {};
  return await startBundle('compose-image', given, dir, [], environment).ended;
}

describe('compose-image', () => {
  it.each<[Inputs, boolean, string]>([
    [{ 'config-file': '' }, true, "Input 'config-file' (CONFIG_FILE) is empty, expected the path"],
    [
      { 'rpms-artifact': 'azl-rpms-x86_64' },
      false,
      "Input 'rpms-artifact' (RPMS_ARTIFACT) is 'azl-rpms-x86_64', and this is not a job of a workflow run",
    ],
    [
      { 'rpms-artifact': 'azl-rpms-x86_64' },
      true,
      "Input 'rpms-artifact' (RPMS_ARTIFACT) is 'azl-rpms-x86_64', and this run has no artifact of that name",
    ],
    [
      { 'toolchain-artifact': 'azl-toolchain-1' },
      false,
      "Input 'toolchain-artifact' (TOOLCHAIN_ARTIFACT) is 'azl-toolchain-1', and this is not a job of a workflow run",
    ],
    [
      { 'toolchain-artifact': 'azl-toolchain-1' },
      true,
      "Input 'toolchain-artifact' (TOOLCHAIN_ARTIFACT) is 'azl-toolchain-1', and this run has no artifact of that name",
    ],
    [{ 'toolchain-dir': 'absent' }, true, 'There is no toolchain'],
  ])('says what is wrong with %j (in a run: %j)', async (inputs, inRun, message) => {
    const run = await compose(inputs, inRun);
    expect(run.code).toBe(1);
    expect(run.said).toContain(message);
    expect(run.said).not.toContain('an error in azl itself');
    expect(run.outputs).toEqual({});
  });

  it('says that the disk is too small for the packages before it fetches any', async () => {
    services.artifacts.store('run', 'azl-rpms-large', Buffer.alloc(3_000_000), 'application/zip');
    const build = join(dir, 'build');
    mkdirSync(build, { recursive: true });
    const inputs = { 'config-file': 'minimal.json', 'boot-test': 'n', 'rpms-artifact': 'azl-rpms-large' };
    const environment = services.environment('run', 'job');
    const run = await startBundle('compose-image', inputs, dir, littleSpace(build, 1), environment).ended;
    expect(run.code).toBe(1);
    expect(run.said).toMatch(
      /The artifact 'azl-rpms-large' needs 3 MB in \S*\/build, where \d MB are free.*larger disk \(runs-on/,
    );
    expect(services.calls.get('GET blob') ?? 0).toBe(0);
  });
});
