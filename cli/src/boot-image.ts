import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import { problem } from '../../src/shared/base/problems.ts';
import { asRoot, plainEnvironment, runTool } from '../../src/shared/host/process.ts';
import { findFirmware, kvmDevice, terminalArguments } from '../../src/shared/image/boot-test/qemu.ts';
import { becomeUser, lendDevice } from '../../src/shared/sandbox/lend-device.ts';
import type { CliContext } from './context.ts';
import { prepareHost } from './doctor/doctor.ts';
import { checkKvm } from './doctor/kvm.ts';

/** `make run`: boots an image in this terminal. The image stays unchanged. @returns QEMU's exit code */
export async function bootImage(context: CliContext): Promise<number> {
  const { environment, paths, log, stop } = context;
  const images = join(paths.out, 'images');
  const image = environment['IMAGE'] || newestImage(images);
  if (image === undefined)
    throw problem(`There is no image in ${images}`, { hint: `Make one: ${makeCommand('image')}` });
  const found = statSync(image, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    const state = found === undefined ? 'does not exist' : 'is not a file';
    const hint = 'Name an image, or leave IMAGE out for the newest one.';
    throw problem(`IMAGE is '${image}', which ${state}`, { hint });
  }
  await prepareHost('run', context);
  const kvm = await checkKvm(paths.cache, stop.signal);
  const works = kvm.state === 'works';
  const argv = terminalArguments({
    disk: image,
    diskFormat: image.endsWith('.qcow2') ? 'qcow2' : 'raw',
    ...(await findFirmware()),
    acceleration: works ? 'kvm' : 'tcg',
  });
  log.info(`Booting ${image}${works ? '' : ' (emulated, which is slow)'}. Changes are discarded at the end.`);
  log.info('To leave, run `poweroff` inside, or press Ctrl-A, then X.');
  const env = { ...plainEnvironment, TERM: environment['TERM'] ?? 'dumb', TMPDIR: '/var/tmp' };
  const isLent = works && kvm.by === 'root';
  const [program, ...args] = isLent ? asRoot(lentToUser(argv), env) : argv;
  const child = spawn(program as string, args, { stdio: 'inherit', env });
  const release = stop.listen((signal) => {
    // sudo is root's. It passes a signal on; without it, QEMU ends.
    const kill = ['kill', '-s', signal.slice('SIG'.length), String(child.pid)];
    if (isLent) void runTool(kill, { root: true, ok: 'any' });
    else child.kill(signal);
  });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } finally {
    release();
  }
}

/** Returns the command, for root, that lends the device of KVM to this user, as whom it then runs `argv`. */
function lentToUser(argv: readonly string[]): string[] {
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: process.getgroups?.() };
  return lendDevice(becomeUser(argv, user), kvmDevice, user);
}

/** The newest image. Of two files of the same time, the raw one. */
function newestImage(dir: string): string | undefined {
  if (!existsSync(dir)) return undefined;
  const isRaw = (path: string) => Number(path.endsWith('.raw'));
  const [newest] = readdirSync(dir)
    .filter((name) => /\.(raw|qcow2)$/.test(name))
    .map((name) => ({ path: join(dir, name), time: statSync(join(dir, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time || isRaw(b.path) - isRaw(a.path));
  return newest?.path;
}
