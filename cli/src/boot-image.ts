import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../src/shared/base/problems.ts';
import { plainEnvironment } from '../../src/shared/host/process.ts';
import { findFirmware, qemuArguments } from '../../src/shared/image/boot-test/qemu.ts';
import { prepareHost } from './doctor/doctor.ts';
import { lookAtKvm } from './doctor/kvm.ts';
import type { Local } from './run-chain.ts';

/** `make run`: boots an image in this terminal; what the guest writes is thrown away. Answers QEMU's exit code. */
export async function bootImage(local: Local): Promise<number> {
  const { environment, places, log, stop } = local;
  const image = environment['IMAGE'] || newestImage(join(places.out, 'images'));
  if (image === undefined) {
    throw problem(`There is no image in ${join(places.out, 'images')}`, { hint: 'Make one: make image' });
  }
  const fault = !existsSync(image) ? 'does not exist' : statSync(image).isFile() ? undefined : 'is no file';
  if (fault !== undefined) {
    throw problem(`IMAGE is '${image}', which ${fault}`, {
      hint: 'Name an image, or leave it out for the one that was made last.',
    });
  }
  await prepareHost('run', local);
  const works = (await lookAtKvm(places.cache, stop.signal)) === 'works';
  const argv = qemuArguments({
    disk: image,
    diskFormat: image.endsWith('.qcow2') ? 'qcow2' : 'raw',
    throwAway: true,
    ...(await findFirmware()),
    acceleration: works ? 'kvm' : 'tcg',
    serial: ['mon:stdio'],
  });
  log.info(`Booting ${image}${works ? '' : ' (emulated: be patient)'}. What it writes is thrown away.`);
  log.info('To leave: `poweroff` inside, or press Ctrl-A, then X.');
  const child = spawn(argv[0] as string, argv.slice(1), {
    stdio: 'inherit',
    env: { ...plainEnvironment, TERM: environment['TERM'] ?? 'dumb', TMPDIR: '/var/tmp' },
  });
  const letGo = stop.listen((signal) => child.kill(signal));
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
  } finally {
    letGo();
  }
}

/** The image that was written last: a raw one, or else a qcow2. */
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
