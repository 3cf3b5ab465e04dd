import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { openRepositories } from '../../../src/shared/repositories/repositories.ts';
import { endKey, type MadeKey, makeKey, signFile, signRpms } from '../../support/made-keys.ts';
import { type FileServer, makeRpms, publish, serveFiles } from '../../support/made-repository.ts';
import { madeUpRpm } from '../../support/made-up.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

let dir: string;
let server: FileServer;
let origin: string;
let folders = 0;

const publishAt = (name: string, rpms: readonly string[]) =>
  publish(join(dir, 'made'), join(dir, 'web', name), rpms);

async function sign(key: MadeKey, repository: string, rpms: boolean): Promise<void> {
  const folder = join(dir, 'web', repository);
  if (rpms) {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.rpm'));
    await signRpms(key, folder, files);
    await runShortTool(['/usr/bin/createrepo_c', '--quiet', folder]);
  }
  await signFile(key, join(folder, 'repodata/repomd.xml'));
}

/** A `.repo` file. */
async function repoFile(...lines: string[]): Promise<string> {
  const path = join(dir, `${folders++}.repo`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function open(...files: string[]) {
  const { worker } = await testWorker();
  const log = recordingLog();
  const place = join(dir, `run-${folders++}`);
  const cacheDir = join(place, 'cache');
  const opened = await openRepositories({
    ...{ files, releasever: '3.0', arch: 'x86_64', cacheDir, tempDir: join(place, 'temp'), worker, log },
  });
  const take = async (...names: string[]) => {
    const wanted = opened.offer([]).filter(({ name }) => names.includes(name));
    return [...(await opened.fetch(wanted, () => {})).values()];
  };
  return { ...opened, take, log, cacheDir, place };
}

let signer: MadeKey;
let stranger: MadeKey;

beforeAll(async () => {
  dir = newWorkspace();
  server = await serveFiles(join(dir, 'web'));
  origin = server.origin;
  await makeRpms(join(dir, 'make'), join(dir, 'made'), ['afar-1', 'afar-2', 'far-1']);
  await publishAt('plain', ['afar-1', 'far-1']);
  await publishAt('3.0/x86_64', ['afar-2']);
  [signer, stranger] = [await makeKey(dir, 'signer'), await makeKey(dir, 'stranger')];
  await publishAt('signed', ['afar-1', 'far-1']);
  await sign(signer, 'signed', true);
  await publishAt('list-signed', ['afar-1']);
  await sign(signer, 'list-signed', false);
}, 120_000);

afterAll(async () => {
  server.close();
  for (const key of [signer, stranger]) await endKey(key);
  await removeTree(dir);
});

beforeEach(() => {
  server.asked = [];
  server.instead = {};
});

describe('repositories', () => {
  it('offer what an earlier one has before a later one, and nothing that is built here', async () => {
    const plain = await repoFile('[plain]', `baseurl=${origin}/plain`, 'gpgcheck=0');
    const newer = await repoFile('[newer]', `baseurl=${origin}/$releasever/$basearch`, 'gpgcheck=0');
    const names = async (files: string[], local: string[] = []) =>
      (await open(...files)).offer(local.map((name) => madeUpRpm(name))).map(({ file }) => file);
    expect(await names([plain, newer])).toEqual(['afar-1-1.noarch.rpm', 'far-1-1.noarch.rpm']);
    expect(await names([newer, plain])).toEqual(['afar-2-1.noarch.rpm', 'far-1-1.noarch.rpm']);
    expect(await names([newer, plain], ['afar'])).toEqual(['far-1-1.noarch.rpm']);
  });

  it('are asked for what is taken alone, once, and the file tells what the list did not', async () => {
    const file = await repoFile('[plain]', `baseurl=${origin}/plain/`, 'gpgcheck=0');
    const opened = await open(file);
    const before = server.asked.length;
    const fetched = await opened.take('afar');
    const { path } = fetched[0] as { path: string };
    const rpms = fetched.map(({ rpm }) => rpm);
    expect(server.asked.slice(before)).toEqual(['/plain/afar-1-1.noarch.rpm']);
    expect(rpms).toMatchObject([
      { name: 'afar', files: ['/usr/share/afar'], requires: expect.arrayContaining(['bash']) },
    ]);
    expect(path).toBe(join(opened.cacheDir, 'rpms/plain', `${rpms[0]?.shipDigest}.rpm`));
    await opened.take('afar');
    expect(server.asked.slice(before)).toHaveLength(1);
    await writeFile(path, 'damaged');
    expect(await opened.take('afar')).toEqual(fetched);
    expect(await readdir(opened.place)).toEqual(['cache', 'temp']);
    expect(await readdir(join(opened.place, 'temp'))).toEqual([]);
  });

  it('that are a mirror of one another are asked in order', async () => {
    const file = await repoFile('[two]', `baseurl=${origin}/nowhere ${origin}/plain`, 'gpgcheck=0');
    expect(await (await open(file)).take('far')).toMatchObject([{ rpm: { name: 'far' } }]);
  });

  it('are believed when the right key signed their list and their RPMs', async () => {
    const lines = ['[signed]', `baseurl=${origin}/signed`, 'repo_gpgcheck=1'];
    const file = await repoFile(...lines, 'gpgkey=signer.asc');
    const { take, place } = await open(file);
    expect(await take('afar', 'far')).toHaveLength(2);
    expect(await readdir(join(place, 'temp'))).toEqual([]);
    await cp(signer.file, join(dir, 'web/key.asc'));
    const byWeb = await repoFile(...lines, `gpgkey=${origin}/key.asc`);
    expect(await (await open(byWeb)).take('far')).toHaveLength(1);
  });

  it.each<[string, string[], RegExp]>([
    [
      'whose list somebody else signed',
      ['repo_gpgcheck=1', 'gpgkey=stranger.asc'],
      /\.repo:1: The repository 'x' cannot be used: its repomd\.xml is not signed with its gpgkey/,
    ],
    [
      'whose RPMs somebody else signed',
      ['gpgkey=stranger.asc'],
      /\.repo:1: afar-1-1\.noarch\.rpm of the repository 'x' is not signed with its gpgkey\n.*far-1-1\.noarch\.rpm of/,
    ],
    [
      'without their key',
      ['gpgkey=nowhere.asc'],
      /its gpgkey .*nowhere\.asc cannot be read \(ENOENT\)\. A relative path/,
    ],
    ['with a key that is none', ['gpgkey=none.asc'], /its gpgkey .*none\.asc is not a public key/],
    [
      'with a key that is none, for the list',
      ['repo_gpgcheck=1', 'gpgkey=none.asc'],
      /its gpgkey .*none\.asc is not a public key/,
    ],
  ])('%s are refused', async (_what, lines, message) => {
    await writeFile(join(dir, 'none.asc'), 'no key\n');
    const file = await repoFile('[x]', `baseurl=${origin}/signed`, ...lines);
    const taken = open(file).then(({ take }) => take('afar', 'far'));
    await expect(taken).rejects.toThrow(message);
  });

  it('whose list is signed, but not what it lists, are refused', async () => {
    const file = await repoFile(
      '[x]',
      `baseurl=${origin}/list-signed`,
      'repo_gpgcheck=1',
      'gpgkey=signer.asc',
    );
    await expect((await open(file)).take('afar')).rejects.toThrow(/afar-1-1\.noarch\.rpm .* is not signed/);
  });

  it.each<[string, () => Record<string, number | Buffer>, RegExp]>([
    [
      'do not answer',
      () => ({ '/signed/repodata/repomd.xml': 404 }),
      /'x' cannot be used: http.*\/repomd\.xml: answers 404/,
    ],
    [
      'have no signature',
      () => ({ '/signed/repodata/repomd.xml.asc': 404 }),
      /repomd\.xml\.asc: answers 404/,
    ],
    [
      'have another list than was signed',
      () => ({ '/signed/repodata/repomd.xml': Buffer.from('<repomd/>') }),
      /not signed with its gpgkey/,
    ],
    [
      'send other bytes',
      () => ({ '/signed/afar-1-1.noarch.rpm': Buffer.from('other') }),
      /afar-1-1\.noarch\.rpm: other bytes, SHA-256/,
    ],
  ])('that %s are refused', async (_what, answers, message) => {
    server.instead = answers();
    const file = await repoFile('[x]', `baseurl=${origin}/signed`, 'repo_gpgcheck=1', 'gpgkey=signer.asc');
    await expect(open(file).then(({ take }) => take('afar'))).rejects.toThrow(message);
  });

  describe('with a list made by hand', () => {
    async function withList(bytes: Buffer, name = 'primary.xml.gz', openSize = 1 << 20): Promise<string> {
      const repomd = `<repomd><data type="primary"><checksum type="sha256">${textDigest(bytes)}</checksum><location href="repodata/${name}"/><open-size>${openSize}</open-size></data></repomd>`;
      server.instead = {
        '/hand/repodata/repomd.xml': Buffer.from(repomd),
        [`/hand/repodata/${name}`]: bytes,
      };
      return await repoFile('[x]', `baseurl=${origin}/hand`, 'gpgcheck=0');
    }

    it('that is plain, or packed with zstd, are read', async () => {
      for (const [name, bytes] of [
        ['primary.xml', Buffer.from('<metadata/>')],
        ['primary.xml.zst', zstdCompressSync('<metadata/>')],
      ] as const)
        expect((await open(await withList(bytes, name))).offer([])).toEqual([]);
    });

    it('that is packed, or made, in another way say so', async () => {
      await expect(open(await withList(Buffer.from('x'), 'primary.xml.xz'))).rejects.toThrow(
        /compression is not supported/,
      );
      await expect(open(await withList(Buffer.from('no gzip')))).rejects.toThrow(
        /'x' cannot be used: of its list of packages, /,
      );
      await expect(open(await withList(gzipSync('<metadata><package>')))).rejects.toThrow(/no sound XML/);
      await expect(open(await withList(gzipSync(' '.repeat(5000)), undefined, 4999))).rejects.toThrow(
        /longer than the 4999 bytes/,
      );
    });

    it('cannot have a package of theirs taken for one of a signed repository, by the name of its file', async () => {
      const rpm = await readFile(join(dir, 'made/far-1-1.noarch.rpm'));
      const text = `<metadata><package type="rpm"><name>zzz</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256">${textDigest(rpm)}</checksum><size package="${rpm.length}"/><location href="x/afar-1-1.noarch.rpm"/><format/></package></metadata>`;
      const unsigned = await withList(gzipSync(text));
      const signed = await repoFile('[signed]', `baseurl=${origin}/signed`, 'gpgkey=signer.asc');
      await expect(open(signed, unsigned)).rejects.toThrow(
        /The repository 'x' cannot be used: of its list of packages, the package zzz-1-1\.noarch\.rpm in it is at "x\/afar-1-1\.noarch\.rpm", which has the name of another/,
      );
    });

    it('cannot add a provide or an obsolete to an RPM', async () => {
      const rpm = await readFile(join(dir, 'made/far-1-1.noarch.rpm'));
      for (const [more, message] of [
        [
          '<rpm:provides><rpm:entry name="bash" flags="EQ" epoch="9" ver="9"/></rpm:provides>',
          /no provide 'bash = 9:9'/,
        ],
        [
          '<rpm:obsoletes><rpm:entry name="bash"/></rpm:obsoletes>',
          /the provide 'far = 1-1', which its list/,
        ],
      ] as const) {
        const text = `<metadata xmlns:rpm="r"><package type="rpm"><name>far</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256">${textDigest(rpm)}</checksum><size package="${rpm.length}"/><location href="far-1-1.noarch.rpm"/><format>${more}</format></package></metadata>`;
        const file = await withList(gzipSync(text));
        server.instead['/hand/far-1-1.noarch.rpm'] = rpm;
        await expect((await open(file)).take('far')).rejects.toThrow(message);
      }
    });

    it('are refused when an RPM is another than they say', async () => {
      const rpm = await readFile(join(dir, 'made/far-1-1.noarch.rpm'));
      const text = `<metadata><package type="rpm"><name>afar</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256">${textDigest(rpm)}</checksum><size package="${rpm.length}"/><location href="afar-1-1.noarch.rpm"/></package></metadata>`;
      const file = await withList(gzipSync(text));
      server.instead['/hand/afar-1-1.noarch.rpm'] = rpm;
      await expect((await open(file)).take('afar')).rejects.toThrow(
        /afar-1-1\.noarch\.rpm of the repository 'x' has the name far, not afar as its list says/,
      );
    });
  });
});
