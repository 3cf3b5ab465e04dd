import { availableParallelism } from 'node:os';
import { runAction } from '../../../src/shared/github/action.ts';
import { statedNeeds } from '../../../src/shared/graph/stated.ts';
import { problem } from '../../../src/shared/problems.ts';
import { boundOf } from '../../../src/shared/report/timeline.ts';
import { deliver, summarize } from './deliver.ts';
import { failedPlan } from './failed-plan.ts';
import { readMergeInputs, readPlanEnd } from './inputs.ts';
import { checkRoom, cleanUp, failureLines, failureLogs, openAll, outcomesOf, spansOf } from './merged-run.ts';
import { building, rememberResults, using } from './open-tree.ts';
import { runShard } from './run-shard.ts';
import { joinRun } from './shared-run.ts';

/** `build-packages/merge`: what the shards of a run made becomes one repository. */
export async function merge(): Promise<void> {
  const failed = failedPlan(readPlanEnd());
  if (failed !== undefined)
    return await runAction([], async () => {
      await summarize(failed.page);
      throw problem(failed.message);
    });
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readMergeInputs();
    const { repository } = inputs;
    await using(context, inputs, false, async (opened) => {
      const { view, plan, terms, attempt } = await joinRun(opened, inputs, availableParallelism());
      await checkRoom(view, opened.local, repository);
      const lost = await openAll(view, repository);
      if ((attempt > 1 || lost) && view.candidates().length > 0) {
        // "Re-run failed jobs" starts this job alone: then it is the shard, too. What the store lost since the plan is
        // built here as well.
        const id = plan.entries + plan.heavyEntries + attempt;
        const alone = { peers: { first: id, last: id }, most: 1, takes: () => true };
        await runShard(view, { id, attempt, terms, ...alone });
        await openAll(view, repository);
      }
      for (const [name, rpms] of view.known.unlike)
        context.log.warn(
          `${name} is not reproducible: two builds of one key differ in ${rpms}. The first counts.`,
        );
      const outcomes = outcomesOf(view);
      await rememberResults(opened, outcomes);
      const spans = spansOf(view);
      const needsOf = (name: string) => [...statedNeeds(view.options.tree.graph, name).keys()];
      await deliver(view.workshop, outcomes, inputs, started, {
        ...{ repository, lines: failureLines(view), logs: await failureLogs(view, attempt), spans },
        // Between two attempts lies what no schedule can help.
        bound: attempt === 1 ? boundOf(spans, needsOf, plan.shards + plan.heavyShards) : undefined,
      });
      await cleanUp(view);
    });
  });
}
