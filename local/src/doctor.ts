import { examine, type Finding, findingLine, judge } from '../../src/shared/host/doctor.ts';
import { ensureCommands, type Need } from '../../src/shared/host/packages.ts';
import { failOnProblems } from '../../src/shared/problems.ts';
import { lookAtKvm } from './kvm.ts';
import type { Local } from './run-chain.ts';
import { everyNeed } from './targets.ts';

/** `make doctor`: a line for each thing that was looked at. Answers 1 when something stands in the way. */
export async function showDoctor(local: Local): Promise<number> {
  const facts = await examine({
    buildDir: local.places.build,
    cacheDir: local.places.cache,
    needs: everyNeed,
    thorough: true,
    kvm: () => lookAtKvm(local.places.cache, local.stop.signal),
    signal: local.stop.signal,
  });
  const findings = judge(facts);
  for (const finding of findings) local.log.info(findingLine(finding));
  return findings.some(standsInTheWay) ? 1 : 0;
}

/**
 * Looks at the machine before long work: one line when all is fine; installs what is missing.
 * @throws ProblemsError naming everything that stands in the way.
 */
export async function prepareHost(local: Local, needs: readonly Need[]): Promise<void> {
  const { signal } = local.stop;
  const { build, cache } = local.places;
  const facts = await examine({ buildDir: build, cacheDir: cache, needs, thorough: false, signal });
  const findings = judge(facts);
  failOnProblems(
    findings.filter(standsInTheWay).map(({ name, text, mend }) => ({
      message: `${name}: ${text}`,
      ...(mend === undefined ? {} : { mend: `Mend: ${mend}` }),
    })),
  );
  await ensureCommands(needs, local.log, signal);
  const free = Math.min(...facts.disk.map(({ freeBytes }) => freeBytes)) / 1024 ** 3;
  local.log.info(`This machine is fine: ${facts.cores} cores, ${free.toFixed(0)} GiB of disk free.`);
}

function standsInTheWay(finding: Finding): boolean {
  return finding.mandatory && !finding.ok;
}
