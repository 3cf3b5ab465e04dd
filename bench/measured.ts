import { cpus } from 'node:os';
import { repository } from '../scripts/build-dist.ts';
import { git } from '../scripts/git.ts';

/** Returns the commit whose sources are measured; with `+`: and changes that were not committed. */
export async function measuredCommit(): Promise<string> {
  const changed = (await git(repository, ['status', '--porcelain', '--', 'src'])) !== '';
  return `${await git(repository, ['rev-parse', 'HEAD'])}${changed ? '+' : ''}`;
}

/** Returns what figures say of this machine: `2 cores (AMD EPYC)`. */
export function measuredMachine(): string {
  const [processor] = cpus();
  return `${cpus().length} cores (${(processor?.model ?? '').trim()})`;
}
