import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hostArchitecture } from '../base/architectures.ts';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import type { Rpm } from '../model/rpm.ts';
import { type Toolchain, toolchainSchema } from '../model/toolchain.ts';
import { RpmFormatError } from '../rpm/header.ts';
import { readRpm } from '../rpm/read.ts';
import { UnusableToolchainError } from './unusable.ts';
import { workerDigest } from './worker.ts';

/** The bounds of a toolchain that another job or run made: some ten times those of a real one. */
export const bounds = { descriptionBytes: 32e6, rpms: 5000, rpmBytes: 8e9 } as const;

/**
 * Parses the `toolchain.json` of another job or run, and checks all that can be checked without its RPMs. Pure.
 * @throws UnusableToolchainError
 */
export function parseToolchain(text: string): Toolchain {
  let toolchain: Toolchain;
  try {
    toolchain = parseDocument(toolchainSchema, text, 'toolchain.json');
  } catch (error) {
    throw error instanceof InvalidDocumentError ? new UnusableToolchainError(error.message) : error;
  }
  const { rpms, worker, arch, onDemand = {} } = toolchain;
  const bytes = rpms.reduce((sum, { size }) => sum + size, 0);
  const files = new Set(rpms.map(({ file }) => file));
  const inWorker = new Set(worker);
  const check = (holds: boolean, message: string) => {
    if (!holds) throw new UnusableToolchainError(`toolchain.json: ${message}`);
  };
  check(arch === hostArchitecture.rpm, `it is for ${arch}, and this machine is ${hostArchitecture.rpm}`);
  check(rpms.length <= bounds.rpms && bytes <= bounds.rpmBytes, `${rpms.length} RPMs, ${bytes} bytes`);
  for (const rpm of rpms) {
    const file = `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}.rpm`;
    check(rpm.file === file, `the file of ${file} is called ${rpm.file}`);
    check(rpm.arch === arch || rpm.arch === 'noarch', `${rpm.file} is for another architecture than ${arch}`);
  }
  check(files.size === rpms.length && inWorker.size === worker.length, 'an RPM is listed twice');
  for (const file of worker) check(files.has(file), `the worker holds ${file}, which is no RPM of it`);
  for (const file of Object.keys(onDemand))
    check(files.has(file) && !inWorker.has(file), `${file} is on demand, and no RPM besides the worker`);
  const digest = workerDigest(rpms.filter(({ file }) => inWorker.has(file)));
  check(digest === toolchain.workerDigest, 'its worker is of another version of azl');
  return toolchain;
}

/**
 * Reads every RPM of an unpacked toolchain, and compares it with what `toolchain.json` states: size, digests, and every
 * fact of its header.
 * @throws UnusableToolchainError that names the first file that differs
 */
export async function checkRpms({ rpms }: Toolchain, dir: string): Promise<void> {
  for (const rpm of rpms) {
    const read = await readRpm(join(dir, 'RPMS', rpm.file)).catch((error: unknown) => {
      if (!(error instanceof RpmFormatError)) throw error;
      throw new UnusableToolchainError(error.message.replace(`${dir}/`, ''));
    });
    if (isDeepStrictEqual(read, rpm)) continue;
    const fields = Object.keys(read) as (keyof Rpm)[];
    const differing = fields.filter((field) => !isDeepStrictEqual(read[field], rpm[field]));
    throw new UnusableToolchainError(
      `${rpm.file} has another ${differing.join(', ')} than toolchain.json states`,
    );
  }
}
