import { problem } from '../base/problems.ts';
import { paths } from '../builder/paths.ts';
import { hasArtifacts } from '../github/run.ts';
import type { TreeInputs } from '../model/inputs.ts';
import { artifactExchange } from '../shards/transport/artifact-exchange.ts';
import { directoryExchange } from '../shards/transport/directory-exchange.ts';
import type { Exchange } from '../shards/transport/exchange.ts';

/**
 * Where this job meets the others of its run, if it has any.
 * @param days that artifacts which it creates are kept, as the plan says
 */
export function findExchange(inputs: TreeInputs, days?: number): Exchange | undefined {
  if (inputs.exchangeDir !== '') return directoryExchange(inputs.exchangeDir);
  return hasArtifacts() ? artifactExchange(paths.exchange(inputs), days) : undefined;
}

/** The same, where there have to be others. @throws ProblemsError */
export function openExchange(inputs: TreeInputs, days?: number): Exchange {
  const exchange = findExchange(inputs, days);
  if (exchange === undefined)
    throw problem(
      "Input 'exchange-dir' (EXCHANGE_DIR) is empty, and this is no job of a workflow run, whose artifacts would do",
      { hint: 'Give a folder that all jobs of the run share.' },
    );
  return exchange;
}
