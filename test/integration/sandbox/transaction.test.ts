import { access, chmod, cp, mkdir, mkdtemp, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { installRpms, readInstalled } from '../../../src/shared/sandbox/installed.ts';
import { createOverlay, type Root } from '../../../src/shared/sandbox/overlay.ts';
import { runInSandbox } from '../../../src/shared/sandbox/run.ts';
import { TransactionError, transact as transactOnly } from '../../../src/shared/sandbox/transaction.ts';
import { specText, writeTree } from '../../support/trees.ts';
import { testWorker } from '../../support/worker.ts';

/** `[name, tags and sections, version, what its file holds]`. Each owns /opt/<file>. */
const made: [file: string, spec: string][] = [
  ['lib-2', spec('t-lib', '2', 'lib', 'Epoch: 1')],
  ['lib-1', spec('t-lib', '1', 'lib')],
  ['lib-3', spec('t-lib', '3', 'lib')],
  ['app', spec('t-app', '1', 'app', 'Requires: t-lib')],
  ['new-app', spec('t-new-app', '5', 'app', 'Provides: t-app = 5')],
  ['fails', spec('t-fails', '1', 'fails', '', '%post\necho the reason >&2\nexit 7')],
  ['lua-fails', spec('t-lua-fails', '1', 'lua', '', '%pre -p <lua>\nerror("lua said no")')],
  ['pre-fails', spec('t-pre-fails', '1', 'pre', '', '%pre\necho not here >&2\nexit 3')],
  [
    'stays',
    spec('t-stays', '1', 'stays', '', '%preun\necho I stay\nexit 4\n%postun\nexit 5\n%pretrans\nexit 0'),
  ],
  ['leaves', spec('t-leaves', '1', 'leaves', '', '%post -p <lua>\nerror("lua warns")\n%postun\nexit 5')],
  ['trigger', spec('t-trigger', '1', 'trigger', '', '%triggerin -- t-lib\necho "warning: forged"\nexit 6')],
  [
    'daemon',
    specText(
      't-daemon',
      'BuildArch: noarch',
      `%install
mkdir -p %{buildroot}/usr/lib/sysusers.d %{buildroot}/var/lib/t-daemon
echo 'u t-daemon - "A daemon" /var/lib/t-daemon' > %{buildroot}/usr/lib/sysusers.d/t-daemon.conf
touch %{buildroot}/var/lib/t-daemon/{a,b,c}
%files
/usr/lib/sysusers.d/t-daemon.conf
%attr(0750, t-daemon, t-daemon) /var/lib/t-daemon
%attr(0640, nobody-knows, t-daemon) /var/lib/t-daemon/c`,
      '1',
    ),
  ],
  [
    'linked',
    specText(
      't-linked',
      'BuildArch: noarch',
      '%install\nmkdir -p %{buildroot}/opt %{buildroot}/var/link\ntouch %{buildroot}/opt/x %{buildroot}/var/link/y\n%files\n/opt/x\n/var/link/y\n%ghost /opt/ghost',
      '1',
    ),
  ],
  ['loses', spec('t-loses', '1', 'lost', '', '%post\nrm /opt/lost')],
  ['clash', spec('t-clash', '1', 'lib')],
  ['wants', spec('t-wants', '1', 'wants', 'Requires: nobody-has-this >= 3')],
  [
    'hostile',
    spec(
      't-hostile',
      '1',
      'hostile',
      '',
      `%post
(exec 3<>/dev/tcp/127.0.0.1/PORT && echo reached) 2>&1
echo '{"problems": []}'
touch /azl/rpms-0/x /azl/run/x OUTSIDE 2>/dev/null
cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'
mount -t tmpfs none /mnt 2>/dev/null && echo mounted
/usr/bin/python3 - <<'END'
import ctypes, os, struct
handle = struct.pack("IiII", 8, 1, 2, 0)
folder = os.open("/azl/rpms-0", os.O_RDONLY)
opened = ctypes.CDLL(None).open_by_handle_at(folder, handle, os.O_RDONLY)
print("by handle", os.listdir(opened) if opened >= 0 else "nothing")
END
(sleep 1000 >/dev/null 2>&1 &)
exit 0`,
    ),
  ],
];

function spec(name: string, version: string, file: string, tags = '', scriptlet = ''): string {
  const rest = `%install\nmkdir -p %{buildroot}/opt\necho ${name} ${version} > %{buildroot}/opt/${file}\n${scriptlet}\n%files\n/opt/${file}\n`;
  return specText(name, `${tags}\nBuildArch: noarch`, rest, version);
}

let dir: string;
let worker: string;
let rpms: string;
let base: string[];
const outside = join(tmpdir(), 'azl-outside-a-root');
const server = createServer();
let reached = 0;

beforeAll(async () => {
  worker = (await testWorker()).worker;
  dir = await mkdtemp(join(tmpdir(), 'azl-transaction-'));
  await chmod(dir, 0o755);
  server.on('connection', () => {
    reached += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as { port: number }).port);
  const texts = made.map(([file, text]) => [
    `${file}.spec`,
    text.replace('PORT', port).replace('OUTSIDE', outside),
  ]);
  await writeTree(join(dir, 'specs'), Object.fromEntries(texts));
  const overlay = await createOverlay(join(dir, 'make'));
  const define = (name: string, value: string) => ['--define', `${name} ${value}`];
  await runInSandbox(
    ['rpmbuild', '-bb', ...define('_topdir', '/tmp/made'), ...texts.map(([file]) => `/azl-specs/${file}`)],
    { root: { worker, overlay: overlay }, binds: [{ source: join(dir, 'specs'), target: '/azl-specs' }] },
  );
  rpms = join(dir, 'rpms');
  await cp(join(overlay, 'upper/tmp/made/RPMS/noarch'), rpms, { recursive: true });
  base = await listed(await fresh('base'));
});
afterAll(async () => {
  server.close();
  await removeTree(dir);
});

async function fresh(name: string): Promise<Root> {
  return { worker, overlay: await createOverlay(join(dir, name)) };
}

/** The RPMs that rpm's database lists. */
async function listed(root: Root): Promise<string[]> {
  const { installed } = await readInstalled({ root, rpmDirs: [], remove: [] });
  return installed.map(withoutDigest);
}

const withoutDigest = (one: string) => one.slice(0, one.lastIndexOf(' '));

const file = (nvr: string) => `${nvr}.noarch.rpm`;

async function transact(root: Root, install: string[], remove: string[] = []) {
  const rpmDirs = [{ dir: rpms, files: install.map(file) }];
  const result = await installRpms({ root, rpmDirs, remove, sourceDateEpoch: 1_700_000_000 });
  const added = result.installed.map(withoutDigest).filter((name) => !base.includes(name));
  return { ...result, added };
}

async function failure(promise: Promise<unknown>): Promise<TransactionError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TransactionError);
  return error as TransactionError;
}

describe('a transaction in a root', () => {
  it('replaces an installed RPM whatever the versions, across epochs, too', async () => {
    const root = await fresh('replace');
    const held = async () => await readFile(join(root.overlay, 'upper/opt/lib'), 'utf8');
    expect((await transact(root, ['t-lib-2-1'])).added).toEqual(['t-lib-1:2-1.noarch']);
    expect((await transact(root, ['t-lib-1-1', 't-app-1-1'])).added).toEqual([
      't-app-0:1-1.noarch',
      't-lib-0:1-1.noarch',
    ]);
    expect(await held()).toBe('t-lib 1\n');
    expect((await transact(root, ['t-lib-3-1'])).added).toContain('t-lib-0:3-1.noarch');
    expect((await transact(root, ['t-lib-3-1'])).added).toContain('t-lib-0:3-1.noarch');
    expect(await held()).toBe('t-lib 3\n');
  });

  it('erases and installs in one transaction, also when both own a path', async () => {
    const root = await fresh('swap');
    await transact(root, ['t-lib-1-1', 't-app-1-1']);
    expect((await transact(root, ['t-new-app-5-1'], ['t-app-1-1.noarch'])).added).toEqual([
      't-lib-0:1-1.noarch',
      't-new-app-0:5-1.noarch',
    ]);
    expect(await readFile(join(root.overlay, 'upper/opt/app'), 'utf8')).toBe('t-new-app 5\n');
    expect((await transact(root, [], ['t-lib-1-1.noarch'])).added).toEqual(['t-new-app-0:5-1.noarch']);
  });

  it('says what rpm refuses, in its words, and changes nothing', async () => {
    const root = await fresh('refuse');
    await transact(root, ['t-lib-1-1', 't-app-1-1']);
    const before = await listed(root);
    const missing = await failure(transact(root, ['t-wants-1-1', 't-lib-2-1'], ['t-ghost-1-1.noarch']));
    expect(missing.problems).toEqual([
      't-ghost-1-1.noarch is not installed and cannot be erased',
      expect.stringContaining('nobody-has-this >= 3 is needed by t-wants'),
    ]);
    const needed = await failure(transact(root, [], ['t-lib-1-1.noarch']));
    expect(needed.problems).toEqual([expect.stringContaining('t-lib is needed by (installed) t-app')]);
    const clash = await failure(transact(root, ['t-clash-1-1']));
    expect(clash.problems).toEqual([expect.stringMatching(/\/opt\/lib .*conflicts/)]);
    expect(await listed(root)).toEqual(before);
  });

  it('takes a failed scriptlet for an error where rpm does not go on, and shows what it said', async () => {
    const shell = await failure(transact(await fresh('pre'), ['t-pre-fails-1-1']));
    expect(shell.problems[0]).toBe(
      '%prein(t-pre-fails-1-1.noarch) scriptlet failed, exit status 3: not here',
    );
    expect(shell.output).toContain('not here');
    const lua = await failure(transact(await fresh('lua'), ['t-lua-fails-1-1']));
    expect(lua.message).toContain('lua said no');
    const root = await fresh('preun');
    await transact(root, ['t-stays-1-1']);
    const { problems } = await failure(transact(root, [], ['t-stays-1-1.noarch']));
    expect(problems[0]).toBe('%preun(t-stays-1-1.noarch) scriptlet failed, exit status 4: I stay');
  });

  it('takes a failed scriptlet for a warning where rpm goes on', async () => {
    const post = await transact(await fresh('post'), ['t-fails-1-1']);
    expect(post.added).toEqual(['t-fails-0:1-1.noarch']);
    expect(post.warnings).toEqual([
      {
        package: 't-fails',
        message: '%post(t-fails-1-1.noarch) scriptlet failed, exit status 7: the reason',
      },
    ]);
    const root = await fresh('postun');
    const installed = await transact(root, ['t-leaves-1-1']);
    expect(installed.warnings.map(({ message }) => message).join('\n')).toContain('lua warns');
    const erased = await transact(root, [], ['t-leaves-1-1.noarch']);
    expect(erased.added).toEqual([]);
    expect(erased.warnings).toEqual([
      { package: 't-leaves', message: '%postun(t-leaves-1-1.noarch) scriptlet failed, exit status 5' },
    ]);
    const triggered = await transact(await fresh('trigger'), ['t-trigger-1-1', 't-lib-1-1']);
    expect(triggered.added).toHaveLength(2);
    expect(triggered.warnings).toHaveLength(1);
    expect(triggered.warnings[0]?.message).toMatch(
      /^%triggerin\(t-trigger-1-1\.noarch\) .* exit status 6: warning: forged$/,
    );
  });

  it('warns of a file of an RPM that is not there afterwards, in a root of its own, too', async () => {
    const root = await fresh('loses');
    const warnings = [{ package: 't-loses', message: '/opt/lost: not there after its installation' }];
    expect((await transact(root, ['t-loses-1-1', 't-lib-1-1'])).warnings).toEqual(warnings);
    const image = join(dir, 'image-loses');
    await mkdir(join(image, 'var'), { recursive: true });
    await symlink('/opt', join(image, 'var/link'));
    const bind = { source: image, target: '/image', writable: true };
    const rpmDirs = [{ dir: rpms, files: [file('t-linked-1-1')] }];
    const done = await transactOnly({
      ...{ root, into: '/image', binds: [bind], rpmDirs, remove: [], sourceDateEpoch: 1_700_000_000 },
    });
    expect(done.warnings).toEqual([]);
  });

  it('makes the users of sysusers.d before their files are unpacked, and names an unknown owner once', async () => {
    const root = await fresh('users');
    const { warnings } = await transact(root, ['t-daemon-1-1']);
    expect(warnings).toEqual([
      { package: 't-daemon', message: 'user nobody-knows does not exist - using root' },
    ]);
    const owners = ['stat', '--format=%U:%G %a', '/var/lib/t-daemon', '/var/lib/t-daemon/c'];
    const { stdout } = await runInSandbox(owners, { root, as: 'root' });
    expect(stdout).toBe('t-daemon:t-daemon 750\nroot:t-daemon 640\n');
    const passwd = await runInSandbox(['getent', 'passwd', 't-daemon'], { root, as: 'root' });
    expect(passwd.stdout).toBe('t-daemon:x:999:999:A daemon:/var/lib/t-daemon:/usr/sbin/nologin\n');
  });

  it('makes them in a root that gets its account files in the same transaction', async () => {
    const { dir: toolchainDir, toolchain } = await testWorker();
    const image = join(dir, 'image-users');
    await mkdir(image);
    const into = { into: '/image', binds: [{ source: image, target: '/image', writable: true }] };
    const rpmDirs = [
      { dir: rpms, files: [file('t-daemon-1-1')] },
      {
        dir: join(toolchainDir, 'RPMS'),
        files: toolchain.rpms
          .filter(({ name }) => ['setup', 'filesystem'].includes(name))
          .map(({ file }) => file),
      },
    ];
    const root = await fresh('image-users');
    const done = await transactOnly({ ...into, root, rpmDirs, remove: [], sourceDateEpoch: 1_700_000_000 });
    expect(done.warnings.map(({ message }) => message)).toEqual([
      'user nobody-knows does not exist - using root',
    ]);
    const shadow = await readFile(join(image, 'etc/shadow'), 'utf8');
    expect(shadow).toContain('t-daemon:!*:19675::::::\n');
    expect((await stat(join(image, 'var/lib/t-daemon'))).uid).toBe(999);
  });

  it('refuses a file that is no RPM, or not the whole of one', async () => {
    const whole = await readFile(join(rpms, file('t-lib-1-1')));
    await writeFile(join(rpms, file('broken-1-1')), 'no rpm');
    await writeFile(join(rpms, file('short-1-1')), whole.subarray(0, -40));
    const { problems } = await failure(transact(await fresh('broken'), ['broken-1-1']));
    expect(problems).toEqual([expect.stringMatching(/^broken-1-1\.noarch\.rpm is no RPM/)]);
    expect((await failure(transact(await fresh('short'), ['short-1-1']))).problems.length).toBeGreaterThan(0);
  });

  it('keeps scriptlets inside: no network, no writes outside, no secrets, no forged answer', async () => {
    process.env['INPUT_TOKEN'] = 'hunter2';
    const { added, output } = await transact(await fresh('hostile'), ['t-hostile-1-1']);
    delete process.env['INPUT_TOKEN'];
    expect(added).toEqual(['t-hostile-0:1-1.noarch']);
    expect(output).toContain('{"problems": []}');
    expect(output).toContain('LANG=C.UTF-8');
    expect(output).toContain('by handle nothing');
    expect(output).not.toMatch(/reached|mounted|hunter2/);
    expect(reached).toBe(0);
    await expect(access(join(rpms, 'x'))).rejects.toThrow();
    await expect(access(outside)).rejects.toThrow();
  });

  it('works on a root inside the sandbox, with the same time in every record', async () => {
    const image = join(dir, 'image-root');
    await mkdir(image);
    const root = await fresh('image');
    const into = { root, into: '/image', binds: [{ source: image, target: '/image', writable: true }] };
    const rpmDirs = [{ dir: rpms, files: [file('t-lib-2-1')] }];
    await transactOnly({ ...into, rpmDirs, remove: [], sourceDateEpoch: 1_700_000_000 });
    const names = ['rpm', '--root', '/image', '-qa', '--qf', '%{NEVRA}'];
    expect((await runInSandbox(names, { ...into, as: 'root' })).stdout).toBe('t-lib-1:2-1.noarch');
    expect(await readFile(join(image, 'opt/lib'), 'utf8')).toBe('t-lib 2\n');
    expect(await listed(root)).toEqual(base);
    const query = ['rpm', '--root', '/image', '-qa', '--qf', '%{INSTALLTIME}'];
    expect((await runInSandbox(query, { ...into, as: 'root' })).stdout).toBe('1700000000');
  });
});
