import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../src/shared/base/problems.ts';
import { plainEnvironment } from '../../src/shared/host/process.ts';
import { findFirmware, qemuArguments } from '../../src/shared/image/boot-test/qemu.ts';
import type { CliContext } from './context.ts';
import { prepareHost } from './doctor/doctor.ts';
import { checkKvm } from './doctor/kvm.ts';

/** `make run`: boots an image in this terminal. The image stays unchanged. @returns QEMU's exit code */
export async function bootImage(context: CliContext): Promise<number> {
  const { environment, paths, log, stop } = context;
  const image = environment['IMAGE'] || newestImage(join(paths.out, 'images'));
  if (image === undefined) {
    throw problem(`There is no image in ${join(paths.out, 'images')}`, { hint: 'Make one: make image' });
  }
  const reason = !existsSync(image)
    ? 'does not exist'
    : statSync(image).isFile()
      ? undefined
      : 'is not a file';
  if (reason !== undefined) {
    throw problem(`IMAGE is '${image}', which ${reason}`, {
      hint: 'Name an image, or leave IMAGE out for the newest one.',
    });
  }
  await prepareHost('run', context);
  const works = (await checkKvm(paths.cache, stop.signal)) === 'works';
  const argv = qemuArguments({
    disk: image,
    diskFormat: image.endsWith('.qcow2') ? 'qcow2' : 'raw',
    throwAway: true,
    ...(await findFirmware()),
    acceleration: works ? 'kvm' : 'tcg',
    serial: ['mon:stdio'],
  });
  log.info(`Booting ${image}${works ? '' : ' (emulated, which is slow)'}. Changes are discarded at the end.`);
  log.info('To leave, run `poweroff` inside, or press Ctrl-A, then X.');
  const child = spawn(argv[0] as string, argv.slice(1), {
    stdio: 'inherit',
    env: { ...plainEnvironment, TERM: environment['TERM'] ?? 'dumb', TMPDIR: '/var/tmp' },
  });
  const release = stop.listen((signal) => child.kill(signal));
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    release();
  }
}

/** The newest image: raw if there is one, else qcow2. */
function newestImage(dir: string): string | undefined {
  if (!existsSync(dir)) return undefined;
  const images = readdirSync(dir)
    .filter((name) => /\.(raw|qcow2)$/.test(name))
    .sort((a, b) => Number(b.endsWith('.raw')) - Number(a.endsWith('.raw')))
    .map((name) => ({ path: join(dir, name), time: statSync(join(dir, name)).mtimeMs }));
  return images.reduce<(typeof images)[number] | undefined>(
    (best, one) => (best === undefined || one.time > best.time ? one : best),
    undefined,
  )?.path;
}
