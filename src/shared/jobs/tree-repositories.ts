import { dirname } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import type { ComposeInputs } from '../model/inputs.ts';
import { areStandIns, type Toolchain } from '../model/toolchain.ts';
import { findLayout } from '../specs/layout.ts';

/**
 * Returns the `.repo` files of an image: those that were given, else those of the Azure Linux tree that its config lies in,
 * which is said. Azure Linux's RPMs do not fit stand-ins: with these, there are none of the tree.
 */
export function repositoriesOf(
  { repoList, configFile }: Pick<ComposeInputs, 'repoList' | 'configFile'>,
  toolchain: Toolchain,
  log: Pick<Log, 'info'>,
): readonly string[] {
  if (repoList.length > 0 || areStandIns(toolchain)) return repoList;
  const found = findLayout([dirname(configFile)], hostArchitecture.rpm)?.repoFiles ?? [];
  if (found.length > 0) log.info(`repo-list: ${found.join(' ')} (of Azure Linux's tree)`);
  return found;
}
