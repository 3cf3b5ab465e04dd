import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { makeBuildRoot } from '../../../src/shared/builder/build-root.ts';
import {
  copyStagedCommand,
  copyStagedSandbox,
  rpmbuildArguments,
  rpmbuildSandbox,
  staged,
} from '../../../src/shared/cache-key/recipe.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import type { RootRpm } from '../../../src/shared/model/rpm.ts';
import { readRpm } from '../../../src/shared/rpm/read.ts';
import { collectRpms } from '../../../src/shared/sandbox/collect.ts';
import { limitsOf } from '../../../src/shared/sandbox/limits.ts';
import { createOverlay, type Root } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { topDir } from '../../../src/shared/specs/macros/policy.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { type TestWorker, testWorker } from '../../support/worker.ts';

/** The folder of a test. What azl may write lies in `work`, and a canary beside it. */
const dir = mkdtempSync(join(tmpdir(), 'azl-hostile-root-'));
const canary = join(dir, 'canary');
let made: TestWorker;

/** Moves a path of the root away, and puts a link to the host, as bubblewrap sees it, in its place. */
const plant = (path: string) =>
  `mkdir -p ${path}; mv ${path} ${path}-away; ln -s /oldroot${canary}/by-link ${path}`;

const replace = (names: string, lines: string) =>
  `for name in ${names}; do rm -f /usr/bin/$name; printf '#!/usr/bin/perl\\n${lines}\\n' > /usr/bin/$name; chmod 755 /usr/bin/$name; done`;

/** What a package that others require for their builds does when it is installed. */
const scriptlets = {
  'links-etc': `%post\n${plant('/etc/rpm')}`,
  'links-azl': `%post\n${plant('/azl')}`,
  'links-top': `%post\n${plant(topDir)}`,
  'links-src': `%post -p <lua>\nos.execute([[${plant('/usr/src')}]])`,
  'links-var': `%post\n${plant('/var/tmp')}\n${plant('/tmp')}`,
  tools: `%post\n${replace('python3 rpm find', 'print "forged";')}`,
  tar: `%post\n${replace('tar', 'exit 0;')}`,
  database:
    '%pre\ncp /var/lib/rpm/rpmdb.sqlite /opt/old\n%posttrans\nrm -f /var/lib/rpm/*\ncp /opt/old /var/lib/rpm/rpmdb.sqlite',
  'database-link': `%posttrans\nmv /var/lib/rpm /opt/rpm\nln -s /oldroot${canary} /var/lib/rpm`,
} as const;
type Name = keyof typeof scriptlets;

const package_ = (name: string, text: string) =>
  specText(
    `t-${name}`,
    'BuildArch: noarch',
    `%install\nmkdir -p %{buildroot}/opt\ntouch %{buildroot}/opt/${name}\n${text}\n%files\n/opt/${name}`,
  );

beforeAll(async () => {
  made = await testWorker();
  chmodSync(dir, 0o755);
  mkdirSync(canary);
  writeFileSync(join(canary, 'file'), 'untouched');
  const specs = Object.entries(scriptlets).map(([name, text]) => [`${name}.spec`, package_(name, text)]);
  await writeTree(join(dir, 'specs'), Object.fromEntries(specs));
  const root = { worker: made.worker, overlay: await createOverlay(join(dir, 'make')) };
  const paths = specs.map(([file]) => `/specs/${file}`);
  await runInSandbox(['rpmbuild', '-bb', '--define', '_topdir /tmp/made', ...paths], {
    root,
    binds: [{ source: join(dir, 'specs'), target: '/specs' }],
  });
  cpSync(join(root.overlay, 'upper/tmp/made/RPMS/noarch'), join(dir, 'rpms'), { recursive: true });
  await writeTree(join(dir, 'staging', staged.spec), { 'app.spec': package_('app', '') });
  await writeTree(join(dir, 'staging'), { [staged.macros]: '', [`${staged.sources}/x`]: '' });
});
afterAll(async () => await removeTree(dir));

/** A build root in which a hostile package is installed. */
async function rootWith(name: Name, overlay: string = name): Promise<Root> {
  const worker = made.toolchain.rpms.filter(({ file }) => made.toolchain.worker.includes(file));
  const rpm = await readRpm(join(dir, 'rpms', `t-${name}-1-1.noarch.rpm`));
  return await makeBuildRoot({
    ...{ toolchain: made.toolchain, toolchainDir: made.dir, overlay: join(dir, overlay), name: 'app' },
    installed: [
      ...worker.map((one): RootRpm => ({ origin: 'toolchain', rpm: one })),
      { origin: 'local', rpm },
    ],
    ...{ folderOf: () => join(dir, 'rpms'), log: recordingLog(), releasesHidden: true },
    limits: limitsOf('transaction'),
  });
}

/** Builds `app` in a root, and takes its RPMs out. */
async function build(root: Root, name: string, staging = 'staging'): Promise<string[]> {
  const spec = { path: 'app/app.spec', buildRequires: [], checkRequires: [], buildConflicts: [] };
  const from = join(dir, staging);
  await runInSandbox(copyStagedCommand(), copyStagedSandbox(root, from));
  const sandbox = rpmbuildSandbox('rpms', root, from);
  await runInSandbox(rpmbuildArguments('rpms', spec, { _topdir: topDir }), sandbox);
  return await collectRpms(root, [`${topDir}/RPMS`], join(dir, `out-${name}`));
}

/** The canary, and all that lies beside it on the host. */
function host() {
  const { mode, mtimeMs } = statSync(canary);
  return { mode, mtimeMs, names: readdirSync(canary), text: readFileSync(join(canary, 'file'), 'utf8') };
}

describe('a build root in which a hostile package was installed', () => {
  it.each<[Name, RegExp | string[]]>([
    ['links-etc', /etc\/rpm\/\S+ is mounted on in a sandbox, and is or lies below a link here \(\/oldroot/],
    ['links-top', /cp: target '\/usr\/src\/azl': No such file/],
    ['links-src', /cp: target '\/usr\/src\/azl': No such file/],
    ['links-azl', ['t-app-1-1.noarch.rpm']],
    ['links-var', /Unable to open temp file/],
    ['tools', ['t-app-1-1.noarch.rpm']],
    ['tar', /TAR_BAD_ARCHIVE/],
  ])('changes nothing on the host, and builds or says why not: %s', async (name, end) => {
    const before = host();
    const root = await rootWith(name);
    const building = build(root, name);
    if (end instanceof RegExp) await expect(building).rejects.toThrow(end);
    else expect(await building).toEqual(end);
    expect(host()).toEqual(before);
  });

  it.each<Name>([
    'database',
    'database-link',
  ])('is refused when the database is not what was installed: %s', async (name) => {
    const before = host();
    await expect(rootWith(name)).rejects.toThrow(
      `the build root is not what its key lists: it lacks t-${name}-`,
    );
    expect(host()).toEqual(before);
  });
});

describe('a build that leaves something else than RPMs where they are taken from', () => {
  it.each<[string, string, RegExp]>([
    [
      'a link to the host for the folder',
      `rm -rf ${topDir}/RPMS; ln -s /oldroot${canary} ${topDir}/RPMS`,
      /./,
    ],
    [
      'a link to a file',
      `mkdir -p ${topDir}/RPMS; ln -s ${canary}/file ${topDir}/RPMS/a.rpm`,
      /a\.rpm' \(SymbolicLink\)/,
    ],
    ['a pipe', `mkdir -p ${topDir}/RPMS; mkfifo ${topDir}/RPMS/a.rpm`, /a\.rpm' \(FIFO\)/],
    ['another file', `mkdir -p ${topDir}/RPMS; echo x > ${topDir}/RPMS/note`, /note' \(File\)/],
  ])('fails with that reason, and changes nothing on the host: %s', async (what, lines, end) => {
    const before = host();
    const name = what.replaceAll(' ', '-');
    const spec = package_('app', '').replace('%install\n', `%install\n${lines}\n`);
    await writeTree(join(dir, `staging-${name}`, staged.spec), { 'app.spec': spec });
    await writeTree(join(dir, `staging-${name}`), { [staged.macros]: '', [`${staged.sources}/x`]: '' });
    const root = { worker: made.worker, overlay: await createOverlay(join(dir, name)) };
    await expect(build(root, name, `staging-${name}`)).rejects.toThrow(end);
    expect(host()).toEqual(before);
  });
});

describe('a tar of a stranger, in a build root', () => {
  const header = `import io, sys, tarfile
def add(name, content=b"", **more):
    one = tarfile.TarInfo(name)
    one.size = len(content)
    for key, value in more.items():
        setattr(one, key, value)
    tar.addfile(one, io.BytesIO(content))
tar = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
`;
  it.each<[string, string, RegExp | string[]]>([
    ['links', 'add("RPMS/a.rpm", type=tarfile.SYMTYPE, linkname="/etc/passwd")', /a\.rpm' \(SymbolicLink\)/],
    ['hard links', 'add("RPMS/a.rpm", type=tarfile.LNKTYPE, linkname="x")', /a\.rpm' \(Link\)/],
    ['devices', 'add("RPMS/a.rpm", type=tarfile.CHRTYPE)', /a\.rpm' \(CharacterDevice\)/],
    ['two files of one name', 'add("a/a.rpm"); add("b/a.rpm")', /b\/a\.rpm' \(File\)/],
    ['a name for a shell', 'add("a/$(touch x).rpm")', /\$\(touch x\)\.rpm' \(File\)/],
    ['a name with colours', 'add("a/\\x1b[31mred.rpm")', /'a\/red\.rpm' \(File\)/],
    ['a path that leads out', 'add("../../../../up.rpm", b"x")', ['up.rpm']],
    [
      'more bytes than there are',
      'add("a.rpm", b"x", pax_headers={"size": str(1 << 40)})',
      /TAR_BAD_ARCHIVE/,
    ],
    ['more files than any build', 'for n in range(20001): add(f"{n}.rpm")', /20000\.rpm' \(File\)/],
  ])('brings nothing but plain files into the folder: %s', async (what, lines, end) => {
    const overlay = await createOverlay(join(dir, `tar-${what.replaceAll(' ', '-')}`));
    mkdirSync(join(overlay, 'upper/usr/bin'), { recursive: true });
    writeFileSync(join(overlay, 'upper/usr/bin/tar'), `#!/usr/bin/python3\n${header}${lines}\ntar.close()\n`);
    chmodSync(join(overlay, 'upper/usr/bin/tar'), 0o755);
    const before = host();
    const out = join(overlay, 'out');
    const collecting = collectRpms({ worker: made.worker, overlay }, [`${topDir}/RPMS`], out);
    if (end instanceof RegExp) await expect(collecting).rejects.toThrow(end);
    else expect(await collecting).toEqual(end);
    for (const entry of readdirSync(out, { withFileTypes: true })) expect(entry.isFile()).toBe(true);
    expect(host()).toEqual(before);
  });
});
