import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { composeImage } from '../../../src/shared/image/compose-image.ts';
import { readFrom } from '../../../src/shared/image/disk/debugfs.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import {
  contentOf,
  filesWithCanary,
  hooks,
  hostileConfig,
  hostileFiles,
  plantTargets,
  stateOf,
  type Targets,
  tracesOf,
} from '../../support/hostile-image.ts';
import { smallPackages } from '../../support/small-image.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';

let dir: string;
let targets: Targets;

/** A package that does something in its last scriptlet. */
const last = (name: string, script: string) =>
  specText(
    name,
    'BuildArch: noarch\nRequires: bash coreutils grep python3',
    `%posttrans\n${script}\n%files\n`,
  );

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-hostile-test-'));
  targets = await plantTargets(join(dir, 'targets'));
  const { worker } = await testWorker();
  await writeTree(join(dir, 'specs'), {
    ...hostileFiles(targets),
    'links.spec': last('links', `rm -rf /tmp\nln -s /oldroot${targets.planted}/made /tmp`),
    'kills.spec': last('kills', 'for one in $(ls /proc | grep ^[0-9]); do kill -9 $one; done'),
    'forgets.spec': last(
      'forgets',
      `python3 -c "import sqlite3
database = sqlite3.connect('/var/lib/rpm/rpmdb.sqlite', timeout=5)
database.execute('delete from Packages where hnum = 1')
database.commit()"`,
    ),
  });
  const overlay = await createOverlay(join(dir, 'make'));
  await runInSandbox(
    [
      ...['rpmbuild', '-bb', '--define', '_topdir /tmp/made', '--define', '_sourcedir /azl-specs'],
      ...['hostile', 'links', 'kills', 'forgets'].map((name) => `/azl-specs/${name}.spec`),
    ],
    { root: { worker, overlay }, binds: [{ source: join(dir, 'specs'), target: '/azl-specs' }] },
  );
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), join(dir, 'rpms'), { recursive: true });
  await removeTree(join(dir, 'make'));
});
afterAll(async () => {
  await removeTree(dir);
});

async function compose(name: string, more: Readonly<Record<string, unknown>> = {}) {
  const place = join(dir, name);
  await mkdir(place);
  await writeTree(place, hostileConfig(more));
  const { dir: toolchainDir, toolchain } = await testWorker();
  const log = recordingLog();
  const made = composeImage({
    configFile: join(place, 'c.json'),
    ...{ toolchain, toolchainDir, bootTest: false, log, rpmsDir: join(dir, 'rpms') },
    ...{ outDir: join(place, 'out'), buildDir: join(place, 'build'), cacheDir: join(place, 'cache') },
  });
  return await made.then(
    (composed) => ({ place, composed, problems: [] }),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ProblemsError);
      return { place, composed: undefined, problems: (error as ProblemsError).problems.map(formatProblem) };
    },
  );
}

/** Fails unless the host is as it was. */
async function untouched<T extends { place: string }>(work: () => Promise<T>): Promise<T> {
  const { dir: toolchainDir } = await testWorker();
  const watched = [join(dir, 'targets'), join(dir, 'specs'), join(dir, 'rpms')];
  const before = [await stateOf(watched), await contentOf(toolchainDir)];
  const result = await work();
  expect([await stateOf(watched), await contentOf(toolchainDir)]).toEqual(before);
  expect(await tracesOf(targets, [result.place])).toEqual([]);
  expect(await filesWithCanary(targets, result.place)).toEqual([]);
  return result;
}

describe('a hostile image', () => {
  it('changes nothing on the host and gets nothing of it, from any of its hooks, and is made', async () => {
    const { composed, problems } = await untouched(() => compose('hostile'));
    expect(problems).toEqual([]);
    const { paths, image } = composed as NonNullable<typeof composed>;
    const place = { path: paths[0] as string, offset: image.boot.rootOffset };
    for (const hook of hooks) {
      const report = await readFrom(place, `/var/lib/hostile/${hook}.json`, 1 << 20);
      const { reached, planted, replaced, ...more } = JSON.parse(report.toString());
      // It ran, and looked around. What the first one planted, the others find.
      if (hook === 'post') expect(planted).toBeGreaterThan(0);
      expect(reached.length, hook).toBeGreaterThan(0);
      expect(more, hook).toEqual({ hook });
      // Out of a scriptlet's chroot lies the layer of one transaction, and nothing that another step uses.
      if (!['post', 'lua', 'posttrans'].includes(hook)) expect(replaced, hook).toBeUndefined();
    }
  });

  it('makes no folder on the host by a link at a place where a script is shown', async () => {
    const { problems } = await untouched(() => compose('links', { Packages: [...smallPackages, 'links'] }));
    expect(problems).toEqual([
      expect.stringMatching(
        /PostInstallScripts\[0\]: script 'attack\.sh' cannot run: \/tmp\/attack\.sh is, or lies below, a link in the image \(to .*planted\/made\)\. /,
      ),
    ]);
  });

  it('fails when a scriptlet ends the program that runs the transaction', async () => {
    const { problems } = await untouched(() => compose('kills', { Packages: [...smallPackages, 'kills'] }));
    expect(problems).toEqual([
      expect.stringMatching(
        /the program that runs the transaction ended with \d+; a scriptlet may have ended it/,
      ),
    ]);
  });

  it('fails when its rpm database does not say what was installed', async () => {
    const { problems } = await untouched(() =>
      compose('forgets', { Packages: [...smallPackages, 'forgets'] }),
    );
    expect(problems).toEqual([
      expect.stringMatching(/The image is not what was installed: it lacks \S+ [0-9a-f]{64}$/),
    ]);
  });
});
