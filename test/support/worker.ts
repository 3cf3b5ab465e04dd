import { join, resolve } from 'node:path';
import { readJson } from '../../src/shared/host/json-files.ts';
import { type Toolchain, toolchainSchema } from '../../src/shared/model/toolchain.ts';

export interface TestWorker {
  /** The toolchain folder: RPMs in `RPMS/`. */
  dir: string;
  /** The worker's tree. Never written to. */
  worker: string;
  toolchain: Toolchain;
}

/** The toolchain of this checkout (`AZL_TEST_CACHE`: another cache folder), as `make toolchain` leaves it. */
export async function testWorker(): Promise<TestWorker> {
  const dir = join(resolve(process.env['AZL_TEST_CACHE'] ?? 'build/cache'), 'toolchain');
  const toolchain = await readJson(toolchainSchema, join(dir, 'toolchain.json'));
  if (toolchain === undefined)
    throw new Error(`these tests need a toolchain in ${dir}: run \`make toolchain\` first`);
  return { dir, worker: join(dir, 'worker'), toolchain };
}
