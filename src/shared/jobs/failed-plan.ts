import { problem } from '../base/problems.ts';
import type { JobReport } from '../github/job-report.ts';
import type { PlanEnd } from '../model/inputs.ts';
import { fenced } from '../report/page.ts';

/** The report of a merge whose run has no plan; undefined when the plan succeeded, or when its end is not known. Pure. */
export function failedPlan({ planResult, planMessage }: PlanEnd): JobReport | undefined {
  if (planResult === '' || planResult === 'success') return undefined;
  const why = planMessage === '' ? 'The log of the job that plans tells why.' : planMessage;
  const how = planResult === 'failure' ? 'failed' : `ended as '${planResult}'`;
  const page = planMessage === '' ? why : fenced(why.split('\n'));
  return {
    outputs: {},
    page: `### The plan ${how}\n\n${page}\n`,
    error: problem(`The plan of this run ${how}${planMessage === '' ? '. ' : ': '}${why}`),
  };
}
