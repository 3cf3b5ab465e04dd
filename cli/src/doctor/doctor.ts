import { existsSync } from 'node:fs';
import { failOnProblems } from '../../../src/shared/base/problems.ts';
import { ensureCommands } from '../../../src/shared/host/packages.ts';
import { foreignFolders } from '../folders.ts';
import { workerOf } from '../paths.ts';
import type { Local } from '../run-chain.ts';
import { type TargetName, targets, works } from '../targets.ts';
import { type ExamineOptions, examine } from './examine.ts';
import { type Finding, findingLine, judge } from './findings.ts';
import { lookAtKvm } from './kvm.ts';

/** `make doctor`: a line for each thing that was looked at. Answers 1 when something stands in the way. */
export async function showDoctor(local: Local): Promise<number> {
  const { places, stop, log } = local;
  const facts = await examine({
    needs: targets.doctor.needs,
    ...foldersOf(local),
    thorough: true,
    kvm: () => lookAtKvm(places.cache, stop.signal),
    signal: stop.signal,
  });
  const findings = judge(facts);
  for (const finding of findings) log.info(findingLine(finding));
  return findings.some(standsInTheWay) ? 1 : 0;
}

/**
 * Looks at the machine before a target starts, as far as the target needs it: installs what is missing, and says in one
 * line that all is fine where something will be built. `make run` neither builds nor writes.
 * @throws ProblemsError naming everything that stands in the way.
 */
export async function prepareHost(target: TargetName, local: Local): Promise<void> {
  const { signal } = local.stop;
  const { needs } = targets[target];
  const folders = works(target) ? foldersOf(local) : {};
  const facts = await examine({ needs, ...folders, thorough: false, signal });
  failOnProblems(
    judge(facts)
      .filter(standsInTheWay)
      .map(({ name, text, hint }) => ({
        message: `${name}: ${text}`,
        ...(hint === undefined ? {} : { hint: `Mend: ${hint}` }),
      })),
  );
  await ensureCommands(needs, local.log, signal);
  if (facts.disk === undefined) return;
  const free = Math.min(...facts.disk.map(({ freeBytes }) => freeBytes)) / 1024 ** 3;
  local.log.info(`This machine is fine: ${facts.cores} cores, ${free.toFixed(0)} GiB of disk free.`);
}

function foldersOf({ places, checkout }: Local): Pick<ExamineOptions, 'folders' | 'foreign'> {
  const { build, out, cache } = places;
  const worker = workerOf(places);
  return {
    folders: { build, out, cache, ...(existsSync(worker) ? { worker } : {}) },
    foreign: foreignFolders(places, checkout),
  };
}

function standsInTheWay(finding: Finding): boolean {
  return finding.mandatory && !finding.ok;
}
