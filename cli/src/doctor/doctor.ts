import { existsSync } from 'node:fs';
import { counted } from '../../../src/shared/base/counted.ts';
import { failOnProblems } from '../../../src/shared/base/problems.ts';
import { ensureCommands } from '../../../src/shared/host/packages.ts';
import type { CliContext } from '../context.ts';
import { foreignFolders } from '../folders.ts';
import { workerDir } from '../paths.ts';
import { type TargetName, targets, usesFolders } from '../targets.ts';
import { type ExamineOptions, examineHost } from './examine-host.ts';
import { type Finding, findingLine, findingsOf } from './findings.ts';
import { checkKvm } from './kvm.ts';

/** `make doctor`: shows one line for each check. @returns 1 if a mandatory check failed, else 0 */
export async function showDoctor(context: CliContext): Promise<number> {
  const { paths, stop, log } = context;
  const facts = await examineHost({
    needs: targets.doctor.needs,
    ...foldersOf(context),
    thorough: true,
    kvm: () => checkKvm(paths.cache, stop.signal),
    signal: stop.signal,
  });
  const findings = findingsOf(facts);
  for (const finding of findings) log.info(findingLine(finding));
  return findings.some(isBlocking) ? 1 : 0;
}

/**
 * Checks the machine before a target starts, as far as the target needs it, and installs missing packages. A target
 * that builds also gets one line on cores and disk.
 * @throws ProblemsError with a problem for each mandatory check that failed
 */
export async function prepareHost(target: TargetName, context: CliContext): Promise<void> {
  const { signal } = context.stop;
  const { needs } = targets[target];
  const folders = usesFolders(target) ? foldersOf(context) : {};
  const facts = await examineHost({ needs, ...folders, thorough: false, signal });
  const blocking = findingsOf(facts).filter(isBlocking);
  // On another system the rest does not matter.
  const other = blocking.filter(({ name }) => name === 'system');
  failOnProblems(
    (other.length > 0 ? other : blocking).map(({ name, text, hint }) => ({
      message: `${name}: ${text}`,
      hint: hint && `Fix: ${hint}`,
    })),
  );
  await ensureCommands(needs, context.log, signal);
  if (facts.disk === undefined) return;
  const free = Math.min(...facts.disk.map(({ freeBytes }) => freeBytes)) / 1024 ** 3;
  context.log.info(
    `This machine is fine: ${counted(facts.cores, 'core')}, ${free.toFixed(0)} GiB of disk free.`,
  );
}

function foldersOf({ paths, checkout }: CliContext): Pick<ExamineOptions, 'folders' | 'foreign'> {
  const { build, out, cache } = paths;
  const worker = workerDir(paths);
  return {
    folders: { build, out, cache, worker: existsSync(worker) ? worker : undefined },
    foreign: foreignFolders(paths, checkout),
  };
}

function isBlocking(finding: Finding): boolean {
  return finding.mandatory && !finding.ok;
}
