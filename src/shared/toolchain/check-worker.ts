import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list, text } from '../base/schema.ts';
import { parseDocument } from '../base/validate.ts';
import { runHostTool } from '../sandbox/host-tool.ts';
import { UnusableToolchainError } from './unusable.ts';

const problemsSchema = list(text());

const helper = readFileSync(new URL('./check_worker.py', import.meta.url), 'utf8');

/**
 * Compares the worker of a toolchain folder with the RPMs that it was made of. rpm's database lists exactly those, by the
 * digests of their headers. There are no devices, and no set-id bits or capabilities but those that an RPM states.
 * @param files the names of the RPMs
 * @throws UnusableToolchainError that names what differs
 */
export async function checkWorker(
  toolchainDir: string,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const rpms = files.map((file) => `/azl/RPMS/${file}`);
  const { stdout } = await runHostTool(['/usr/bin/python3', '-IBc', helper, '/azl/worker', ...rpms], {
    as: 'root',
    binds: [
      { source: join(toolchainDir, 'RPMS'), target: '/azl/RPMS' },
      { source: join(toolchainDir, 'worker'), target: '/azl/worker' },
    ],
    timeoutSeconds: 300,
    signal,
  });
  const problems = parseDocument(problemsSchema, stdout, 'the answer of check_worker.py');
  if (problems.length > 0)
    throw new UnusableToolchainError(`its worker is not what its RPMs state: ${problems.join('; ')}`);
}
