import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import { fileDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import type { ToolchainSourceInputs } from '../../../src/shared/model/inputs.ts';
import { manifestLock, obtainRpms } from '../../../src/shared/toolchain/manifest/prepare-from-manifest.ts';
import { readManifests } from '../../../src/shared/toolchain/manifest/read-manifests.ts';
import { endKey, type MadeKey, makeKey, signFile, signRpms } from '../../support/made-keys.ts';
import { makeRpms, publish } from '../../support/made-repository.ts';
import { type PackageServer, startPackageServer } from '../../support/package-server.ts';
import { newWorkspace } from '../../support/workspace.ts';

const [afar, far, near] = ['afar-1-1.noarch.rpm', 'far-1-1.noarch.rpm', 'near-1-1.noarch.rpm'] as const;
let dir: string;
let server: PackageServer;
let signer: MadeKey;
let stranger: MadeKey;
let old: MadeKey;
let lapsed: MadeKey;
const digests: Record<string, string> = {};
let runs = 0;

const web = (...path: string[]) => join(dir, 'web', ...path);

/** A folder of the server with the RPMs, and a list of them if it is a repository. */
async function folder(name: string, rpms: readonly string[], isRepository = false): Promise<void> {
  if (isRepository) return await publish(join(dir, 'made'), web(name), rpms);
  await mkdir(web(name), { recursive: true });
  for (const file of await readdir(join(dir, 'made')))
    if (rpms.some((one) => file.startsWith(`${one}-`))) await cp(join(dir, 'made', file), web(name, file));
}

beforeAll(async () => {
  dir = newWorkspace();
  server = await startPackageServer(web());
  await makeRpms(join(dir, 'make'), join(dir, 'made'), ['afar-1', 'far-1', 'near-1']);
  for (const file of [afar, far, near]) digests[file] = await fileDigest(join(dir, 'made', file));
  [signer, stranger] = [await makeKey(dir, 'signer'), await makeKey(dir, 'stranger')];
  old = await makeKey(dir, 'old', { at: '20200101T000000!' });
  lapsed = await makeKey(dir, 'lapsed', { at: '20200101T000000!', expires: '20210101T000000' });
  await folder('flat', ['afar-1', 'far-1']);
  await folder('more', ['far-1', 'near-1']);
  await folder('other', ['afar-1']);
  await folder('repository', ['afar-1', 'far-1', 'near-1'], true);
  await folder('signed', ['afar-1', 'far-1']);
  await signRpms(signer, web('signed'), [afar, far]);
}, 120_000);

afterAll(async () => {
  server.close();
  for (const key of [signer, stranger, old, lapsed]) await endKey(key);
  await removeTree(dir);
});

beforeEach(() => {
  server.asked = [];
  server.faults = {};
});

/** A machine with a manifest, that takes RPMs from folders of the server. */
async function machine(
  manifest: readonly string[],
  folders: readonly string[],
  more: Partial<ToolchainSourceInputs> = {},
) {
  const cacheDir = join(dir, `run-${runs++}`);
  await mkdir(cacheDir);
  const path = join(cacheDir, 'toolchain.txt');
  const write = async (lines: readonly string[]) => await writeFile(path, `${lines.join('\n')}\n`);
  await write(manifest);
  const source: ToolchainSourceInputs = {
    ...{ toolchainMode: 'download', toolchainManifest: path, workerManifest: '', toolchainArchive: '' },
    packageUrlList: folders.map((one) => `${server.origin}/${one}`),
    ...{ validateToolchainGpg: undefined, toolchainGpgValidationKeys: [] },
    ...more,
  };
  const log = recordingLog();
  /** Returns the digests of the RPMs that it got, by file name; or what was wrong, as people read it. */
  const get = async (updateLock = false) => {
    const options = { mode: 'download' as const, source, cacheDir, dir: '', updateLock, log };
    try {
      const manifests = await readManifests(
        source,
        updateLock ? undefined : manifestLock(cacheDir),
        'x86_64',
      );
      const rpms = await obtainRpms(manifests, options);
      const rest = (await readdir(join(cacheDir, 'toolchain-rpms/RPMS'))).sort();
      expect(rest).toEqual(rpms.map(({ file }) => file));
      return Object.fromEntries(rpms.map(({ file, shipDigest }) => [file, shipDigest]));
    } catch (error) {
      if (error instanceof ProblemsError)
        return error.message.replaceAll(`${cacheDir}/`, '').replaceAll(server.origin, '');
      throw error;
    }
  };
  return { get, write, log, cacheDir, lock: manifestLock(cacheDir), source };
}

const of = (...files: string[]) => Object.fromEntries(files.map((file) => [file, digests[file]]));
const askedFor = (file: string) => server.asked.filter((one) => one.includes(file));

describe('RPMs of a manifest', () => {
  it('come from folders in order, and are fetched once', async () => {
    const { get, lock, log } = await machine([near, afar, far], ['flat/', 'more']);
    expect(await get()).toEqual(of(afar, far, near));
    expect(server.asked.filter((path) => path.endsWith('.rpm')).sort()).toEqual(
      [`/flat/${afar}`, `/flat/${far}`, `/flat/${near}`, `/more/${near}`].sort(),
    );
    const lines = [afar, far, near].map((file) => `${digests[file]}  ${file}\n`);
    expect(await readFile(lock, 'utf8')).toBe(lines.join(''));
    expect(log.lines).toContainEqual(expect.stringMatching(/^3 RPMs: 3 of them had no digest before/));
    server.asked = [];
    expect(await get()).toEqual(of(afar, far, near));
    expect(askedFor('.rpm')).toEqual([]);
  });

  it('come from a repository with the digests of its list, which the lock may not contradict', async () => {
    const { get, write, source } = await machine([afar], ['repository', 'flat']);
    expect(await get()).toEqual(of(afar));
    expect(askedFor('.rpm')).toEqual([`/repository/${afar}`]);
    await write([`${'0'.repeat(64)}  ${far}`]);
    source.packageUrlList = [`${server.origin}/repository`];
    expect(await get()).toBe(
      `toolchain.txt:1: ${far} cannot be downloaded: /repository/ lists it with SHA-256 ${digests[far]} instead of ${'0'.repeat(64)}. ` +
        'If the new one is right: make -C ../azl toolchain UPDATE_LOCK=1',
    );
  });

  it('that are damaged on this machine are fetched anew', async () => {
    const { get, cacheDir } = await machine([afar, far], ['flat']);
    await get();
    await writeFile(join(cacheDir, 'toolchain-rpms/RPMS', afar), 'damaged');
    server.asked = [];
    expect(await get()).toEqual(of(afar, far));
    expect(askedFor('.rpm')).toEqual([`/flat/${afar}`]);
  });

  it('that cannot be had are all named, with every answer', async () => {
    const { get, lock } = await machine(
      [afar, 'gone-1-1.noarch.rpm', far, 'lost-1-1.noarch.rpm'],
      ['flat', 'repository'],
    );
    expect(await get()).toBe(
      ['gone', 'lost']
        .map(
          (name, index) =>
            `toolchain.txt:${2 + 2 * index}: ${name}-1-1.noarch.rpm cannot be downloaded: /flat/${name}-1-1.noarch.rpm: answers 404 Not Found; /repository/ does not list it`,
        )
        .join('\n'),
    );
    // A 404 is an answer: it is not asked again.
    expect(askedFor('gone')).toHaveLength(1);
    await expect(readFile(lock)).rejects.toThrow('ENOENT');
  });

  it('are others than in the lock: both are shown, until the lock is updated', async () => {
    const { get } = await machine([afar], ['changing']);
    await folder('changing', ['afar-1']);
    expect(await get()).toEqual(of(afar));
    await cp(web('signed', afar), web('changing', afar));
    const signed = await fileDigest(web('signed', afar));
    // What is there and right stays, whatever the server has now.
    expect(await get()).toEqual(of(afar));
    expect(await get(true)).toEqual({ [afar]: signed });
    await cp(join(dir, 'made', afar), web('changing', afar));
    await rm(join(dir, `run-${runs - 1}`, 'toolchain-rpms/RPMS', afar));
    expect(await get()).toMatch(
      new RegExp(`${afar}: other bytes, SHA-256 ${digests[afar]} instead of ${signed}\\. .*UPDATE_LOCK=1$`),
    );
  });
});

describe('a server', () => {
  it.each<[string, string, PackageServer['faults'], number]>([
    ['that cuts the answer off', 'flat', { [afar]: { cutAfter: 3000, times: 1 } }, 2],
    ['that cuts the answer off, of a repository', 'repository', { [afar]: { cutAfter: 3000, times: 1 } }, 2],
    ['that is busy: 503', 'flat', { [afar]: { status: 503, times: 2 } }, 3],
    [
      'that asks to wait: 429',
      'flat',
      { [afar]: { status: 429, headers: { 'retry-after': '1' }, times: 1 } },
      2,
    ],
    [
      'that sends on',
      'flat',
      { [`/flat/${afar}`]: { status: 302, headers: { location: `/more/../other/./${afar}?again` } } },
      1,
    ],
    ['that is slow', 'flat', { [afar]: { slow: 50 } }, 1],
    [
      'that changes the file while it is read',
      'flat',
      { [afar]: { cutAfter: 3000, bytes: Buffer.alloc(9000), times: 1 } },
      2,
    ],
  ])('%s: the right RPMs come', async (_, from, faults, times) => {
    const { get } = await machine([afar, far], [from]);
    server.faults = faults;
    expect(await get()).toEqual(of(afar, far));
    expect(askedFor(`/${from}/${afar}`).length).toBe(times);
  });

  it('that cuts off is asked for the rest alone', async () => {
    const { get } = await machine([afar], ['flat']);
    server.faults = { [afar]: { cutAfter: 3000, times: 1 } };
    expect(await get()).toEqual(of(afar));
    expect(server.asked).toContainEqual(expect.stringMatching(/\.rpm bytes=[1-9]\d*-$/));
  });

  it.each<[string, string[], () => PackageServer['faults'] | Promise<PackageServer['faults']>, RegExp]>([
    [
      'sends a page',
      ['flat'],
      () => ({ [afar]: { bytes: Buffer.from('<html>') } }),
      /afar.*: is not a sound RPM file: /,
    ],
    [
      'sends another RPM under the name',
      ['flat'],
      async () => ({ [afar]: { bytes: await readFile(join(dir, 'made', far)) } }),
      /afar-1-1.noarch.rpm: is far-1-1\.noarch\.rpm$/,
    ],
    [
      'sends a damaged RPM',
      ['flat'],
      async () => ({ [afar]: { bytes: (await readFile(join(dir, 'made', afar))).subarray(0, -5) } }),
      /afar.*: is not a sound RPM file: /,
    ],
    [
      'has other RPMs than its list says',
      ['repository'],
      async () => ({ [afar]: { bytes: await readFile(web('signed', afar)) } }),
      /afar-1-1\.noarch\.rpm: (?:other bytes, SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}|is larger than)/,
    ],
    ['is never there', ['flat'], () => ({ [afar]: { status: 403 } }), /answers 403 Forbidden$/],
    [
      'has a list that is none',
      ['repository'],
      () => ({ 'repomd.xml': { bytes: Buffer.from('<repomd>') } }),
      /^The repository \/repository\/ cannot be used: /,
    ],
    [
      'has a list that changed meanwhile',
      ['repository'],
      () => ({
        '-primary.xml.gz': { bytes: Buffer.from('other') },
        '-primary.xml.zst': { bytes: Buffer.from('other') },
      }),
      /^The repository \/repository\/ cannot be used: repodata\/.*: other bytes, SHA-256/,
    ],
  ])('%s: a clear error', async (_, from, faults, expected) => {
    const { get, cacheDir } = await machine([afar], from);
    server.faults = await faults();
    expect(await get()).toMatch(expected);
    expect(await readdir(join(cacheDir, 'toolchain-rpms/RPMS'))).toEqual([]);
  });

  it('that is not there is said for each RPM', async () => {
    const { get, source } = await machine([afar, far], []);
    source.packageUrlList = ['http://127.0.0.1:1/x'];
    expect(await get()).toMatch(/afar.*127\.0\.0\.1:1.*\n.*far.*127\.0\.0\.1:1/);
  });
});

describe('signatures', () => {
  const keys = (...made: MadeKey[]) => ({ toolchainGpgValidationKeys: made.map(({ file }) => file) });

  it('are checked with the keys that are given, and with no others', async () => {
    const signed = await machine([afar, far], ['signed'], keys(stranger, signer));
    expect(Object.keys((await signed.get()) as object)).toEqual([afar, far]);
    const other = await machine([afar, far], ['signed'], keys(stranger));
    const error = (file: string, line: number) =>
      `toolchain.txt:${line}: ${file} is not signed with any of the keys`;
    const said = (await other.get()) as string;
    expect(said).toContain(error(afar, 1));
    expect(said).toContain(error(far, 2));
    const unsigned = await machine([afar], ['flat'], keys(signer));
    expect(await unsigned.get()).toContain(error(afar, 1));
    // A file without the right signature is not kept.
    unsigned.source.packageUrlList = [`${server.origin}/signed`];
    expect(Object.keys((await unsigned.get()) as object)).toEqual([afar]);
    const unchecked = await machine([afar], ['flat'], { ...keys(signer), validateToolchainGpg: false });
    expect(await unchecked.get()).toEqual(of(afar));
  });

  it('need keys', async () => {
    const none = await machine([afar], ['signed'], { validateToolchainGpg: true });
    expect(await none.get()).toMatch(
      /^Input 'validate-toolchain-gpg' .* there is no key\. Name the public keys/,
    );
    const absent = await machine([afar], ['signed'], {
      toolchainGpgValidationKeys: ['/nowhere.asc', `${server.origin}/no.asc`],
    });
    expect(await absent.get()).toMatch(
      /^Input 'toolchain-gpg-validation-keys': \/nowhere\.asc cannot be read \(ENOENT\)\n.*no\.asc answers 404 Not Found$/,
    );
  });

  it('of a list are checked, if there are any', async () => {
    await cp(web('signed'), web('listed'), { recursive: true });
    await runShortTool(['/usr/bin/createrepo_c', '--quiet', web('listed')]);
    const list = web('listed/repodata/repomd.xml');
    const get = async (...more: MadeKey[]) =>
      await (await machine([afar], ['listed'], keys(signer, ...more))).get();
    expect(Object.keys((await get()) as object)).toEqual([afar]);
    await signFile(signer, list);
    expect(Object.keys((await get()) as object)).toEqual([afar]);
    await signFile(stranger, list);
    expect(await get()).toMatch(/^The repository \/listed\/ cannot be used: its repomd\.xml is not signed/);
    await signFile(old, list);
    expect(Object.keys((await get(old)) as object)).toEqual([afar]);
    await signFile(old, list, ['--faked-system-time', '20240101T000000!', '--default-sig-expire', '1d']);
    expect(await get(old)).toMatch(
      /^The repository \/listed\/ cannot be used: its repomd\.xml is not signed/,
    );
  });

  it('of a key that has expired since are right, as they are for rpm', async () => {
    await folder('lapsed', ['afar-1']);
    await signRpms(lapsed, web('lapsed'), [afar], '--faked-system-time 20200601T000000!');
    const got = await (await machine([afar], ['lapsed'], keys(lapsed))).get();
    expect(got).toEqual({ [afar]: await fileDigest(web('lapsed', afar)) });
  });
});
