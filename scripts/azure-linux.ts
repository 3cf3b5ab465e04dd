import { formatProblem, ProblemsError } from '../src/shared/base/problems.ts';
import { buildAzureLinux, setupOf, writeTable } from './azure-linux/run.ts';

/*
 * Builds specs of a checkout of Azure Linux in bootstrap mode, unchanged: `make azure-linux TREE=<checkout>`.
 * Their sources come from Debian's mirror, byte for byte.
 */
try {
  const setup = await setupOf(process.env);
  const table = await buildAzureLinux(setup);
  await writeTable(table, setup);
  if (table.rows.some(({ cause }) => cause === 'azl')) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof ProblemsError)) throw error;
  for (const one of error.problems) console.error(`error: ${formatProblem(one)}`);
  process.exitCode = 1;
}
