import { ProblemsError } from '../../src/shared/base/problems.ts';
import { treeSources } from '../../src/shared/builder/tree-sources.ts';
import type { CliContext } from './context.ts';
import { parseTree } from './parse-tree.ts';
import { runActions } from './run-actions.ts';
import { namedPackages } from './variables.ts';

/**
 * `make signatures`: finds or downloads the sources of each package and writes their digests to the signatures file beside
 * its spec. `PACKAGE` names packages whose files are written anew. Without it, each source without a digest gets one, and
 * the other digests stay. What one package lacks stops no other. @returns 1 if a file could not be written
 */
export async function writeSignatures(context: CliContext): Promise<number> {
  const { environment, log } = context;
  const code = await runActions('signatures', context);
  if (code !== 0) return code;
  const names = namedPackages(environment);
  const { specs, errors, sources } = await openTree(context);
  const isWanted = (name: string) => names.length === 0 || names.includes(name);
  const problems = errors.filter(({ packages }) => packages.length === 0 || packages.some(isWanted));
  for (const { problem } of problems) log.error(problem);
  const wanted = specs.filter((spec) => isWanted(spec.package));
  const ended = await Promise.all(
    wanted.map(async (spec) => {
      try {
        const file = await sources.writeSignatures(spec, names.length === 0 ? 'missing' : 'all');
        if (file !== undefined) log.info(`Written: ${file}`);
        return file === undefined ? 'right' : 'written';
      } catch (error) {
        if (!(error instanceof ProblemsError)) throw error;
        for (const one of error.problems) log.error(one);
        return 'failed';
      }
    }),
  );
  if (ended.includes('written'))
    log.info('Compare them with what upstream publishes before you commit them.');
  if (ended.includes('failed') || problems.length > 0) return 1;
  if (!ended.includes('written')) log.info('Each source has a digest: there is nothing to write.');
  return 0;
}

/** Parses the specs with the toolchain, and opens the places that their sources come from. */
async function openTree(context: CliContext) {
  const { log, stop } = context;
  const { inputs, ...tree } = await parseTree(context);
  return { ...tree, sources: await treeSources(inputs, { log, signal: stop.signal }) };
}
