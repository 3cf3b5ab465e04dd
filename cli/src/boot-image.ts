import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import { problem } from '../../src/shared/base/problems.ts';
import { plainEnvironment } from '../../src/shared/host/process.ts';
import { findFirmware, terminalArguments } from '../../src/shared/image/boot-test/qemu.ts';
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
  const works = (await checkKvm(paths.cache, stop.signal)) === 'works';
  const argv = terminalArguments({
    disk: image,
    diskFormat: image.endsWith('.qcow2') ? 'qcow2' : 'raw',
    ...(await findFirmware()),
    acceleration: works ? 'kvm' : 'tcg',
  });
  log.info(`Booting ${image}${works ? '' : ' (emulated, which is slow)'}. Changes are discarded at the end.`);
  log.info('To leave, run `poweroff` inside, or press Ctrl-A, then X.');
  const child = spawn(argv[0] as string, argv.slice(1), {
    stdio: 'inherit',
    env: { ...plainEnvironment, TERM: environment['TERM'] ?? 'dumb', TMPDIR: '/var/tmp' },
  });
  const release = stop.listen((signal) => child.kill(signal));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } finally {
    release();
  }
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
