import { paths } from '../builder/build-context.ts';
import { inputProblem } from '../github/inputs.ts';
import { hasArtifacts, isEnterpriseServer } from '../github/run.ts';
import type { TreeInputs } from '../model/inputs.ts';
import { artifactExchange } from '../shards/transport/artifact-exchange.ts';
import { directoryExchange } from '../shards/transport/directory-exchange.ts';
import type { Exchange } from '../shards/transport/exchange.ts';

/** The exchange with the other jobs of the run, if there can be any. `days`: retention of its artifacts. */
export function findExchange(inputs: TreeInputs, days?: number): Exchange | undefined {
  if (inputs.exchangeDir !== '') return directoryExchange(inputs.exchangeDir);
  return hasArtifacts() ? artifactExchange(paths.exchange(inputs), days) : undefined;
}

/** The exchange with the other jobs of the run. @throws ProblemsError when there is none */
export function openExchange(inputs: TreeInputs, days?: number): Exchange {
  const exchange = findExchange(inputs, days);
  const why = isEnterpriseServer(process.env)
    ? 'and GitHub Enterprise Server has no artifacts of version 4'
    : 'and this is no job of a workflow run, which exchanges artifacts';
  if (exchange === undefined)
    throw inputProblem('exchange-dir', '', why, 'Give a folder that all jobs of the run share.');
  return exchange;
}
