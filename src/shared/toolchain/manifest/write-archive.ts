import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create } from 'tar';
import { replaceFile, writeWhole } from '../../host/files.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { verifiedRpms } from '../verified-rpms.ts';
import { manifestText } from './parse-manifest.ts';

/** The files of a packed toolchain: what a toolchain is made of in mode `archive`. */
export interface WrittenArchive {
  archive: string;
  /** The manifest, with digests. */
  manifest: string;
  /** The manifest of the worker. */
  worker: string;
}

/**
 * Packs the RPMs of a toolchain folder into `toolchain.tar.gz` in `dir`, beside their manifest and that of the worker. The
 * same RPMs give the same bytes.
 * @throws ProblemsError that names each RPM of the folder that is missing or damaged
 */
export async function writeArchive(
  toolchainDir: string,
  { rpms, worker, arch }: Toolchain,
  dir: string,
): Promise<WrittenArchive> {
  const written = {
    archive: join(dir, 'toolchain.tar.gz'),
    manifest: join(dir, `toolchain_${arch}.txt`),
    worker: join(dir, `worker_${arch}.txt`),
  };
  const cwd = await verifiedRpms(toolchainDir, rpms);
  const digests = new Map(rpms.map(({ file, shipDigest }) => [file, shipDigest]));
  const ofWorker = new Map(worker.map((file) => [file, digests.get(file) as string]));
  await writeWhole(written.manifest, manifestText(digests));
  await writeWhole(written.worker, manifestText(ofWorker));
  await replaceFile(written.archive, async (part) => {
    const packed = create({ cwd, strict: true, portable: true, noMtime: true }, [...digests.keys()].sort());
    // RPMs are compressed already.
    await pipeline(packed, createGzip({ level: 1 }), createWriteStream(part));
  });
  return written;
}
