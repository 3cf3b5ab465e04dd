import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textDigest } from '../../src/shared/host/digests.ts';
import { runBundle } from '../support/bundle.ts';
import { distributions } from '../support/distributions.ts';
import {
  filesWithCanary,
  hostileConfig,
  hostileFiles,
  plantTargets,
  stateOf,
  tracesOf,
} from '../support/hostile-image.ts';
import { building } from '../support/tiny-distro.ts';
import { writeTree } from '../support/trees.ts';
import { asUser, giveCheckout, strangersIn } from '../support/user.ts';
import { ownPlaces, seedDownloads } from '../support/whole-run.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS', 'out/images'];
const [distribution] = distributions as [(typeof distributions)[0]];
const dir = newWorkspace();
const calm = newWorkspace();

/** `make` in the user's own checkout, from the user's own folder. */
const make = (target: string, ...variables: string[]) => ['make', '-f', 'azl/Makefile', target, ...variables];
const image = make('image', ...ownPlaces(dir), 'BOOT_TEST=n');
const clean = make('clean', ...ownPlaces(dir).filter((one) => /^(BUILD|OUT|CACHE)_DIR=/.test(one)));

beforeAll(async () => {
  for (const one of [dir, calm]) await distribution.write(one);
  await seedDownloads(join(dir, 'cache'), 'copies');
  chmodSync(dir, 0o755);
  await giveCheckout(dir);
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

describe('an ordinary user', () => {
  it('without sudo is told so before anything starts, with a hint', async () => {
    const { code, stdout, stderr } = await asUser(image, dir, 'nothing');
    expect(code).toBe(2);
    expect(stderr).toMatch(/sudo: asks for a password.*NOPASSWD/);
    expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });

  it('with sudo gets the same bytes as root, from the same downloads, and all of it is theirs', async () => {
    const { code, stdout, stderr } = await asUser(image, dir, 'everything');
    expect(code, stdout + stderr).toBe(0);
    expect(digests(dir, published)).toEqual(digests(calm, published));
    expect(await strangersIn(join(dir, 'out'))).toEqual([]);
    expect(leftBehind(dir)).toEqual([]);
    const again = await asUser(image, dir, 'everything');
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(again.stdout).toContain(': reused, ');
  });

  it('with sudo makes a hostile image, and nothing of the host changes or gets into it', async () => {
    const targets = await plantTargets(join(calm, 'targets'));
    const files = hostileFiles(targets);
    const sources = Object.entries(files).filter(([name]) => !name.endsWith('.spec'));
    const signatures = Object.fromEntries(sources.map(([name, text]) => [name, textDigest(text)]));
    await writeTree(join(dir, 'SPECS/hostile'), {
      ...files,
      'hostile.signatures.json': JSON.stringify({ Signatures: signatures }),
    });
    await writeTree(join(dir, 'imageconfigs'), hostileConfig());
    const before = await stateOf([join(calm, 'targets')]);
    const { code, stdout, stderr } = await asUser(
      make('image', ...ownPlaces(dir), `CONFIG_FILE=${join(dir, 'imageconfigs/c.json')}`, 'BOOT_TEST=n'),
      dir,
      'everything',
    );
    expect(code, stdout + stderr).toBe(0);
    expect(readdirSync(join(dir, 'out/images'))).toContain('tiny.raw');
    expect(await stateOf([join(calm, 'targets')])).toBe(before);
    expect(await tracesOf(targets, [join(dir, 'out'), join(dir, 'build')])).toEqual([]);
    expect(await filesWithCanary(targets, join(dir, 'out'))).toEqual([]);
    expect(stdout + stderr).not.toContain(targets.secret);
    expect(await strangersIn(join(dir, 'out'))).toEqual([]);
    expect(leftBehind(dir)).toEqual([]);
  });

  it('with sudo ends what uses too much, and says at which limit', async () => {
    const bombs = {
      memory: 'tail /dev/zero',
      fork: 'bomb() { bomb | bomb & }; bomb; sleep 600',
      hang: 'sleep 600',
    };
    const trees = Object.entries(bombs).map(([name, lines]) => building(`x-${name}`, lines));
    for (const [name, { spec }] of trees.flatMap((one) => Object.entries(one)))
      await writeTree(join(dir, 'SPECS', name), { [`${name}.spec`]: spec });
    const variables = [
      'PACKAGE_BUILD_LIST=x-memory x-fork x-hang',
      'PACKAGE_LIMITS=*: memory=300M processes=300; x-hang: seconds=20',
      'CONFIG_FILE=',
    ];
    const { code, stdout } = await asUser(
      make('build-packages', ...ownPlaces(dir), ...variables),
      dir,
      'everything',
    );
    expect(code, stdout).toBe(2);
    expect(stdout).toContain('✗ x-memory: %build used more than 300 MiB of memory');
    expect(stdout).toContain('✗ x-fork: %build ran more than 300 processes at once');
    expect(stdout).toContain('✗ x-hang: %build did not end within 20 seconds');
    expect(leftBehind(dir)).toEqual([]);
  });

  it('with sudo removes what belongs to root, too', async () => {
    const cleaned = await asUser(clean, dir, 'everything');
    expect(cleaned.code, cleaned.stdout + cleaned.stderr).toBe(0);
    // The cache was there before, so it stays.
    expect(existsSync(join(dir, 'out'))).toBe(false);
    expect(readdirSync(join(dir, 'build'))).toEqual(['.made-by-azl']);
  });
});
