import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { composeImage } from '../../../src/shared/image/compose-image.ts';
import { readLocalRpms } from '../../../src/shared/image/packages/local-rpms.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { smallConfig, smallPackages } from '../../support/small-image.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';

let dir: string;
let made: string;

/** A package whose file `path` has content of its own. */
const owner = (name: string, path: string, scriptlet = '') =>
  specText(
    name,
    'BuildArch: noarch',
    `%install\nmkdir -p %{buildroot}$(dirname ${path})\necho ${name} > %{buildroot}${path}\n${scriptlet}\n%files\n${path}\n`,
  );

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-image-faults-'));
  const { worker } = await testWorker();
  await writeTree(join(dir, 'specs'), {
    'one.spec': owner('one', '/opt/same'),
    'other.spec': owner('other', '/opt/same'),
    'fails.spec': owner('fails', '/opt/fails', '%pre\necho the reason >&2\nexit 7'),
  });
  const overlay = await createOverlay(join(dir, 'make'));
  await runInSandbox(
    [
      ...['rpmbuild', '-bb', '--define', '_topdir /tmp/made'],
      ...['one', 'other', 'fails'].map((name) => `/azl-specs/${name}.spec`),
    ],
    { root: { worker, overlay: overlay }, binds: [{ source: join(dir, 'specs'), target: '/azl-specs' }] },
  );
  made = join(dir, 'made');
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), made, { recursive: true });
});
afterAll(async () => {
  await removeTree(dir);
});

async function problemsOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProblemsError);
  return (error as ProblemsError).problems.map(formatProblem);
}

describe('packages that cannot be installed together', () => {
  it.each([
    [
      ['one', 'other'],
      /c\.json: The packages cannot be installed together: .*\/opt\/same conflicts between .*one-1-1.*other-1-1/,
    ],
    [
      ['fails'],
      /c\.json: The packages cannot be installed together: .*fails-1-1\.noarch.*\n(?:.*\n)*.*the reason/,
    ],
  ])('are a problem of the config, with the message of rpm: %s', async (names, message) => {
    const place = join(dir, `with ${names}`);
    await mkdir(place);
    await writeFile(join(place, 'c.json'), smallConfig({ Packages: [...smallPackages, ...names] }));
    const { dir: toolchainDir, toolchain } = await testWorker();
    const [problem] = await problemsOf(
      composeImage({
        configFile: join(place, 'c.json'),
        ...{ toolchain, toolchainDir, bootTest: false, log: recordingLog(), rpmsDir: made },
        ...{ outDir: join(place, 'out'), buildDir: join(place, 'build'), cacheDir: join(place, 'cache') },
      }),
    );
    expect(problem).toMatch(message);
  });
});

describe('a folder of RPMs', () => {
  it('names every file in it that is damaged, and the way out', async () => {
    const rpms = join(dir, 'rpms');
    await cp(made, join(rpms, 'noarch'), { recursive: true });
    await writeFile(join(rpms, 'noarch/empty-1-1.noarch.rpm'), '');
    await writeFile(join(rpms, 'text-1-1.noarch.rpm'), 'no rpm'.repeat(100));
    await writeFile(join(rpms, 'ignored-1-1.src.rpm'), '');
    expect(await problemsOf(readLocalRpms(rpms))).toEqual([
      expect.stringMatching(
        /noarch\/empty-1-1\.noarch\.rpm: This is not a sound RPM file: .*\. Remove it, then run: make -C \.\.\/azl build-packages$/,
      ),
      expect.stringMatching(/text-1-1\.noarch\.rpm: This is not a sound RPM file: /),
    ]);
  });

  it('is refused with a file that has the name of another RPM, or another RPM of one name', async () => {
    const rpms = join(dir, 'clashing');
    await cp(join(made, 'one-1-1.noarch.rpm'), join(rpms, 'a/one-1-1.noarch.rpm'));
    await cp(join(made, 'one-1-1.noarch.rpm'), join(rpms, 'b/one-1-1.noarch.rpm'));
    expect((await readLocalRpms(rpms)).size).toBe(1);
    await cp(join(made, 'other-1-1.noarch.rpm'), join(rpms, 'bash-1-1.x86_64.rpm'));
    expect(await problemsOf(readLocalRpms(rpms))).toEqual([
      expect.stringMatching(/bash-1-1\.x86_64\.rpm: .*its header is that of other-1-1\.noarch\.rpm/),
    ]);
    const bytes = await readFile(join(made, 'one-1-1.noarch.rpm'));
    await rm(join(rpms, 'bash-1-1.x86_64.rpm'));
    await writeFile(join(rpms, 'b/one-1-1.noarch.rpm'), otherReserve(bytes));
    expect(await problemsOf(readLocalRpms(rpms))).toEqual([
      expect.stringMatching(/b\/one-1-1\.noarch\.rpm: This is another RPM than .*a\/one-1-1/),
    ]);
  });

  /** Changes a byte of the room for signatures, the end of the signature header: nothing that a digest is over. */
  function otherReserve(bytes: Buffer): Buffer {
    const changed = Buffer.from(bytes);
    const end = 96 + 16 + changed.readUInt32BE(104) * 16 + changed.readUInt32BE(108);
    changed[end - 16 - 1] = 1;
    return changed;
  }

  it('may be absent', async () => {
    expect(await readLocalRpms(join(dir, 'none'))).toEqual(new Map());
  });
});
