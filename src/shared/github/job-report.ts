import * as core from '@actions/core';

/** What a job leaves for its users and for the other jobs of its run. */
export interface JobReport {
  /** The action's outputs by name. */
  outputs: Record<string, string | number | boolean>;
  /** The job's summary page, as Markdown. */
  page: string;
  /** Why the job fails although it has outputs. */
  error?: unknown;
}

/** Sets the outputs and writes the summary page, where there is one. @throws the report's error, after both are written */
export async function writeReport({ outputs, page, error }: JobReport): Promise<void> {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  if (page !== '' && (process.env['GITHUB_STEP_SUMMARY'] ?? '') !== '')
    await core.summary.addRaw(page).write();
  if (error !== undefined) throw error;
}
