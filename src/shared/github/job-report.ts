import * as core from '@actions/core';
import { plainText } from '../base/plain-line.ts';

/** The outputs, the page and the error of a job. */
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
    await core.summary.addRaw(plainText(page)).write();
  if (error !== undefined) throw error;
}
