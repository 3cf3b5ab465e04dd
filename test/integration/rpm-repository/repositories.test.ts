import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { plainEnvironment } from '../../../src/shared/host/process.ts';
import { runShortTool } from '../../../src/shared/host/short-tool.ts';
import { composeImage } from '../../../src/shared/image/compose-image.ts';
import type { ImageJson } from '../../../src/shared/image/manifest/image-json.ts';
import { openRepositories } from '../../../src/shared/rpm-repository/read/repositories.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { madeUpRpm } from '../../support/made-up.ts';
import { smallConfig, smallPackages } from '../../support/small-image.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

let dir: string;
let server: Server;
let origin: string;
/** What was asked of the server, in order. */
let asked: string[] = [];
/** What the server answers instead of its files. */
let instead: Record<string, number | Buffer> = {};
let folders = 0;

/** Serves `<dir>/web`. */
function serve(): Server {
  return createServer((request, response) => {
    const path = request.url as string;
    asked.push(path);
    const other = instead[path];
    if (typeof other === 'number') return void response.writeHead(other).end();
    if (other !== undefined) return void response.end(other);
    readFile(join(dir, 'web', path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
}

/** RPMs named `name-version`, made by rpmbuild; each has one file, `/usr/share/<name>`. */
async function makeRpms(to: string, ...names: string[]): Promise<void> {
  const { worker } = await testWorker();
  const work = join(dir, `make-${folders++}`);
  const files: Record<string, string> = {};
  for (const one of names) {
    const [name, version] = one.split('-') as [string, string];
    const rest = `%install\ninstall -d %{buildroot}/usr/share\necho ${one} > %{buildroot}/usr/share/${name}\n%files\n/usr/share/${name}\n`;
    files[`${one}.spec`] = specText(name, 'BuildArch: noarch\nRequires: bash\n', rest, version);
  }
  await writeTree(join(work, 'specs'), files);
  const overlay = await createOverlay(join(work, 'overlay'));
  const specs = Object.keys(files).map((file) => `/azl-specs/${file}`);
  await runInSandbox(['rpmbuild', '-bb', '--define', '_topdir /tmp/made', ...specs], {
    root: { worker, overlay: overlay },
    binds: [{ source: join(work, 'specs'), target: '/azl-specs' }],
  });
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), to, { recursive: true });
}

/** A repository below the server's address. */
async function publish(name: string, rpms: readonly string[]): Promise<void> {
  const folder = join(dir, 'web', name);
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(join(dir, 'made')))
    if (rpms.some((one) => file.startsWith(`${one}-`))) await cp(join(dir, 'made', file), join(folder, file));
  await runShortTool(['/usr/bin/createrepo_c', '--quiet', folder]);
}

/** A key pair: its home, and the file of its public half. */
async function makeKey(name: string): Promise<{ home: string; file: string }> {
  const home = join(dir, name);
  await mkdir(home, { mode: 0o700 });
  const env = { ...plainEnvironment, GNUPGHOME: home };
  const gpg = ['/usr/bin/gpg', '--batch', '--quiet'];
  await runShortTool(
    [...gpg, '--passphrase', '', '--quick-gen-key', `${name} <${name}@example.invalid>`, 'rsa2048', 'sign'],
    { env },
  );
  const { stdout } = await runShortTool([...gpg, '--armor', '--export'], { env });
  await writeFile(join(dir, `${name}.asc`), stdout);
  return { home, file: join(dir, `${name}.asc`) };
}

async function sign(home: string, repository: string, rpms: boolean): Promise<void> {
  const folder = join(dir, 'web', repository);
  const env = { ...plainEnvironment, GNUPGHOME: home };
  if (rpms) {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.rpm'));
    await runShortTool(
      [
        '/usr/bin/rpmsign',
        '--define',
        '__gpg /usr/bin/gpg',
        '--define',
        '_gpg_name example',
        '--addsign',
        ...files,
      ],
      {
        env,
        cwd: folder,
      },
    );
    await runShortTool(['/usr/bin/createrepo_c', '--quiet', folder]);
  }
  const repomd = join(folder, 'repodata/repomd.xml');
  await runShortTool(['/usr/bin/gpg', '--batch', '--yes', '--armor', '--detach-sign', repomd], { env });
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
  const take = (...names: string[]) =>
    opened.fetch(
      opened.offer([]).filter(({ name }) => names.includes(name)),
      () => {},
    );
  return { ...opened, take, log, cacheDir, place };
}

let signer: { home: string; file: string };
let stranger: { home: string; file: string };

beforeAll(async () => {
  dir = newWorkspace();
  server = serve().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await makeRpms(join(dir, 'made'), 'afar-1', 'afar-2', 'far-1');
  await publish('plain', ['afar-1', 'far-1']);
  await publish('3.0/x86_64', ['afar-2']);
  [signer, stranger] = [await makeKey('signer'), await makeKey('stranger')];
  await publish('signed', ['afar-1', 'far-1']);
  await sign(signer.home, 'signed', true);
  await publish('list-signed', ['afar-1']);
  await sign(signer.home, 'list-signed', false);
}, 120_000);

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  for (const { home } of [signer, stranger])
    await runShortTool(['/usr/bin/gpgconf', '--homedir', home, '--kill', 'all']);
  await removeTree(dir);
});

beforeEach(() => {
  asked = [];
  instead = {};
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
    const before = asked.length;
    const { dir: place, rpms } = await opened.take('afar');
    expect(asked.slice(before)).toEqual(['/plain/afar-1-1.noarch.rpm']);
    expect(rpms).toMatchObject([
      { name: 'afar', files: ['/usr/share/afar'], requires: expect.arrayContaining(['bash']) },
    ]);
    expect(await readdir(place)).toEqual(['afar-1-1.noarch.rpm']);
    await opened.take('afar');
    expect(asked.slice(before)).toHaveLength(1);
    await writeFile(join(place, 'afar-1-1.noarch.rpm'), 'damaged');
    expect((await opened.take('afar')).rpms).toEqual(rpms);
    expect(await readdir(opened.place)).toEqual(['cache', 'temp']);
    expect(await readdir(join(opened.place, 'temp'))).toEqual([]);
  });

  it('that are a mirror of one another are asked in order', async () => {
    const file = await repoFile('[two]', `baseurl=${origin}/nowhere ${origin}/plain`, 'gpgcheck=0');
    expect((await (await open(file)).take('far')).rpms).toMatchObject([{ name: 'far' }]);
  });

  it('are believed when the right key signed their list and their RPMs', async () => {
    const lines = ['[signed]', `baseurl=${origin}/signed`, 'repo_gpgcheck=1'];
    const file = await repoFile(...lines, 'gpgkey=signer.asc');
    const { take, place } = await open(file);
    expect((await take('afar', 'far')).rpms).toHaveLength(2);
    expect(await readdir(join(place, 'temp'))).toEqual([]);
    await cp(signer.file, join(dir, 'web/key.asc'));
    const byWeb = await repoFile(...lines, `gpgkey=${origin}/key.asc`);
    expect((await (await open(byWeb)).take('far')).rpms).toHaveLength(1);
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
    ['with a key that is none', ['gpgkey=none.asc'], /its gpgkey is not a public key/],
    [
      'with a key that is none, for the list',
      ['repo_gpgcheck=1', 'gpgkey=none.asc'],
      /its gpgkey is not a public key/,
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
      /'x' cannot be used: http.*\/repomd\.xml answers 404/,
    ],
    ['have no signature', () => ({ '/signed/repodata/repomd.xml.asc': 404 }), /repomd\.xml\.asc answers 404/],
    [
      'have another list than was signed',
      () => ({ '/signed/repodata/repomd.xml': Buffer.from('<repomd/>') }),
      /not signed with its gpgkey/,
    ],
    [
      'send other bytes',
      () => ({ '/signed/afar-1-1.noarch.rpm': Buffer.from('other') }),
      /afar-1-1\.noarch\.rpm is not the file that the repository lists/,
    ],
  ])('that %s are refused', async (_what, answers, message) => {
    instead = answers();
    const file = await repoFile('[x]', `baseurl=${origin}/signed`, 'repo_gpgcheck=1', 'gpgkey=signer.asc');
    await expect(open(file).then(({ take }) => take('afar'))).rejects.toThrow(message);
  });

  describe('with a list made by hand', () => {
    async function withList(bytes: Buffer, name = 'primary.xml.gz', openSize = 1 << 20): Promise<string> {
      const repomd = `<repomd><data type="primary"><checksum type="sha256">${textDigest(bytes)}</checksum><location href="repodata/${name}"/><open-size>${openSize}</open-size></data></repomd>`;
      instead = { '/hand/repodata/repomd.xml': Buffer.from(repomd), [`/hand/repodata/${name}`]: bytes };
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

    it('are refused when an RPM is another than they say', async () => {
      const rpm = await readFile(join(dir, 'made/far-1-1.noarch.rpm'));
      const text = `<metadata><package type="rpm"><name>afar</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256">${textDigest(rpm)}</checksum><size package="${rpm.length}"/><location href="afar-1-1.noarch.rpm"/></package></metadata>`;
      const file = await withList(gzipSync(text));
      instead['/hand/afar-1-1.noarch.rpm'] = rpm;
      await expect((await open(file)).take('afar')).rejects.toThrow(
        /afar-1-1\.noarch\.rpm of the repository 'x' has the name far, not afar as its list says/,
      );
    });
  });
});

describe('an image', () => {
  it('takes from a repository what nothing here has, says so, and is reused', async () => {
    const { dir: toolchainDir, toolchain } = await testWorker();
    const place = join(dir, 'image');
    await mkdir(place);
    await writeFile(join(place, 'c.json'), smallConfig({ Packages: [...smallPackages, 'afar'] }));
    const repoList = [await repoFile('[plain]', `baseurl=${origin}/plain`, 'gpgcheck=0')];
    const compose = (files: string[]) =>
      composeImage({
        configFile: join(place, 'c.json'),
        ...{
          toolchain,
          toolchainDir,
          bootTest: false,
          log: recordingLog(),
          repoList: files,
          releaseMajorId: '3.0',
        },
        rpmsDir: join(place, 'RPMS'),
        outDir: join(place, 'out'),
        buildDir: join(place, 'build'),
        cacheDir: join(place, 'cache'),
      });
    const made = await compose(repoList);
    const manifest = JSON.parse(await readFile(made.manifest, 'utf8')) as ImageJson;
    expect(manifest.packages).toContainEqual({
      ...{
        file: 'afar-1-1.noarch.rpm',
        origin: 'repository',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(new Set(manifest.packages.map((one) => one.origin))).toEqual(new Set(['repository', 'toolchain']));
    const raw = `${made.paths[0]}?offset=${made.image.boot.rootOffset}`;
    const { stdout } = await runShortTool(['/usr/bin/env', 'debugfs', '-R', 'cat /usr/share/afar', raw]);
    expect(stdout).toBe('afar-1\n');
    expect((await compose(repoList)).reused).toBe(true);

    await expect(compose([])).rejects.toThrow(/Package 'afar' is provided by nothing/);
  });
});
