import type { PlanEnd } from '../model/inputs.ts';
import { fenced } from '../report/page.ts';

/** What a run whose plan failed ends with: one message, and its page. */
export interface FailedPlan {
  message: string;
  page: string;
}

/** Undefined when the plan succeeded, or when nothing tells how it ended. Pure. */
export function failedPlan({ planResult, planMessage }: PlanEnd): FailedPlan | undefined {
  if (planResult === '' || planResult === 'success') return undefined;
  const why = planMessage === '' ? 'The log of the job that plans tells why.' : planMessage;
  const how = planResult === 'failure' ? 'failed' : `ended as '${planResult}'`;
  const page = planMessage === '' ? why : fenced(why.split('\n'));
  return {
    message: `The plan of this run ${how}${planMessage === '' ? '. ' : ': '}${why}`,
    page: `### The plan ${how}\n\n${page}\n`,
  };
}
