import { type ActionContext, AlreadyReportedError, problemsOf, runAction } from '../github/action.ts';
import { fileAddress } from '../github/addresses.ts';
import type { JobReport } from '../github/job-report.ts';
import type { Need } from '../host/needs.ts';
import { errorPage } from '../report/error-page.ts';

/**
 * Runs the job of an action, see {@link runAction}. A job that fails without a report has a page with its errors.
 * @param title what fails then, for people
 */
export async function runJob(
  title: string,
  commands: readonly Need[],
  body: (context: ActionContext) => Promise<JobReport>,
  onFailure?: (message: string) => void,
): Promise<void> {
  const withPage = async (context: ActionContext): Promise<JobReport> => {
    try {
      return await body(context);
    } catch (error) {
      if (context.signal.aborted || error instanceof AlreadyReportedError) throw error;
      return { outputs: {}, page: errorPage(title, problemsOf(error), fileAddress), error };
    }
  };
  await runAction(commands, withPage, onFailure);
}
