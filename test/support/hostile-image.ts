import { randomBytes } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from '../../src/shared/host/folders.ts';
import { runTool } from '../../src/shared/host/process.ts';
import { smallConfig, smallPackages } from './small-image.ts';
import { specText } from './trees.ts';

const attack = readFileSync(new URL('./hostile-attack.py', import.meta.url), 'utf8');

/** What an attack is after on the host. */
export interface Targets {
  /** A file that root alone can read. */
  canary: string;
  /** Its text. */
  secret: string;
  /** A folder of files that root alone can write. */
  planted: string;
  /** Part of the name of everything that an attack makes. */
  token: string;
}

/** Plants the targets in a new folder. */
export async function plantTargets(dir: string): Promise<Targets> {
  const secret = `canary ${randomBytes(24).toString('hex')}`;
  const targets = { canary: join(dir, 'canary'), secret, planted: join(dir, 'planted') };
  await mkdir(targets.planted, { recursive: true });
  await writeFile(targets.canary, `${secret}\n`);
  await chmod(targets.canary, 0o600);
  for (let number = 0; number < 8; number++)
    await writeFile(join(targets.planted, `victim-${number}`), `untouched ${number}\n`);
  return { ...targets, token: `azl-hostile-${randomBytes(6).toString('hex')}` };
}

/** The programs of an image that run while it is made. Some of them are links to a program of many names. */
const programs = ['/usr/sbin/depmod', '/usr/bin/dracut', '/usr/sbin/ldconfig', '/usr/bin/systemd-hwdb'];

/** The hooks from which an attack is tried. */
export const hooks = [
  ...['post', 'lua', 'posttrans', 'script-post', 'script-finalize'],
  ...['program-depmod', 'program-dracut', 'program-ldconfig', 'program-systemd-hwdb'],
];

const run = 'python3 /usr/lib/hostile/attack.py';

const replacePrograms = programs
  .map(
    (program) => `if [ -e ${program} ]; then
mv ${program} ${program}.true
cat > ${program} <<'END'
#!/bin/bash
[ -n "$HOSTILE" ] || HOSTILE=1 ${run} program-$(basename ${program})
exec -a ${program} ${program}.true "$@"
END
chmod 755 ${program}
fi`,
  )
  .join('\n');

/** Returns the folder of a spec whose package attacks from its scriptlets, and in place of other packages' programs. */
export function hostileFiles({ canary, planted, token }: Targets): Record<string, string> {
  return {
    'hostile.spec': specText(
      'hostile',
      `BuildArch: noarch\nRequires: python3 bash coreutils\nRequires(post): python3 bash coreutils
Source0: attack.py\nSource1: targets.json`,
      `%install
install -D -m 755 %{SOURCE0} %{buildroot}/usr/lib/hostile/attack.py
install -D -m 644 %{SOURCE1} %{buildroot}/usr/lib/hostile/targets.json
%package lua\nSummary: For a test\nRequires(post): hostile
%description lua\nFor a test.
%post
${run} post || :
%posttrans
${run} posttrans || :
${replacePrograms}
%post lua -p <lua>
posix.symlink("${planted}/victim-7", "/proc/1/root/azl/${token}")
posix.symlink("${planted}/victim-7", "/proc/1/root/work/mke2fs.conf")
rpm.execute("/usr/bin/python3", "/usr/lib/hostile/attack.py", "lua")
%files
/usr/lib/hostile
%files lua
`,
    ),
    'attack.py': attack,
    'targets.json': JSON.stringify({ canary, planted, token }),
  };
}

/** Returns the files of a config whose image has that package, and whose scripts attack, too. */
export function hostileConfig(more: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return {
    'c.json': smallConfig({
      Packages: [...smallPackages, 'hostile', 'hostile-lua'],
      PostInstallScripts: [{ Path: 'attack.sh', Args: 'post' }],
      FinalizeImageScripts: [{ Path: 'attack.sh', Args: 'finalize' }],
      AdditionalFiles: { 'motd.txt': '/etc/motd' },
      Users: [{ Name: 'root', Password: 'x' }],
      ...more,
    }),
    'attack.sh': `${run} script-$1\n`,
    'motd.txt': 'hello\n',
  };
}

/** Returns everything of folders of the host that an attack could change: paths, modes, owners, sizes, times, links. */
export async function stateOf(dirs: readonly string[]): Promise<string> {
  return await listOf(dirs, '%p %y %m %U:%G %s %i %n %T@ %C@ %l\\n');
}

/**
 * Returns what `stateOf` does of a folder that other tests use at the same time. They make hard links to its files, so the
 * count of links and the time of the last change of an inode are left out; the digest of each file stands for them.
 */
export async function contentOf(dir: string): Promise<string> {
  const list = await listOf([dir], '%p %y %m %U:%G %s %i %T@ %l\\n');
  const digests = ['find', dir, '-xdev', '-type', 'f', '-exec', 'sha256sum', '--', '{}', '+'];
  const { stdout } = await runTool(digests, { root: true });
  return `${list}\n${stdout.split('\n').sort().join('\n')}`;
}

async function listOf(dirs: readonly string[], format: string): Promise<string> {
  const { stdout } = await runTool(['find', ...dirs, '-xdev', '-printf', format], { root: true });
  return stdout.split('\n').sort().join('\n');
}

/** Returns the paths on the host that an attack made, at the places where it could hide one. */
export async function tracesOf({ token }: Targets, dirs: readonly string[]): Promise<string[]> {
  const shallow = ['/', '/etc', '/tmp', '/var/tmp', '/root', '/run', '/dev', '/usr', '/usr/bin', '/usr/lib'];
  const name = ['-name', `*${token}*`, '-print'];
  const found = await Promise.all([
    runTool(['find', ...shallow, '-maxdepth', '2', ...name], { root: true, ok: 'any' }),
    runTool(['find', ...dirs, ...name], { root: true, ok: 'any' }),
  ]);
  return found.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
}

/** Returns the files below a folder that hold the canary's text. */
export async function filesWithCanary({ secret }: Targets, dir: string): Promise<string[]> {
  const wanted = Buffer.from(secret);
  const found: string[] = [];
  for (const path of await filesBelow(dir)) {
    let end = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20 })) {
      const seen = Buffer.concat([end, chunk as Buffer]);
      if (seen.includes(wanted)) {
        found.push(path);
        break;
      }
      end = seen.subarray(-wanted.length);
    }
  }
  return found;
}
