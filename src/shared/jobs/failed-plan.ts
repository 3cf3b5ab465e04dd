import { problem } from '../base/problems.ts';
import type { JobReport } from '../github/job-report.ts';
import type { PlanEnd } from '../model/inputs.ts';
import { collapsed, fenced } from '../report/page.ts';

/** The report of a merge whose run has no plan; undefined when the plan succeeded, or when its end is not known. Pure. */
export function failedPlan({ planResult, planError }: PlanEnd): JobReport | undefined {
  if (planResult === '' || planResult === 'success') return undefined;
  const why = planError === '' ? 'The log of the job that plans tells why.' : planError;
  const how = planResult === 'failure' ? 'failed' : `ended as '${planResult}'`;
  // The page of the plan has them with links.
  const page = planError === '' ? why : collapsed('Its errors', fenced(why.split('\n')));
  return {
    outputs: {},
    page: `### The plan ${how}\n\n${page}\n`,
    error: problem(`The plan of this run ${how}${planError === '' ? '. ' : ': '}${why}`),
  };
}
