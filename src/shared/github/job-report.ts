import * as core from '@actions/core';
import { plainText } from '../base/plain-line.ts';
import type { PageInputs } from '../model/inputs.ts';
import { flag, tryInputs } from './inputs.ts';

/** The outputs, the page and the error of a job. */
export interface JobReport {
  /** The action's outputs by name. */
  outputs: Record<string, string | number | boolean>;
  /** The job's summary page, as Markdown. */
  page: string;
  /** Why the job fails although it has outputs. */
  error?: unknown;
}

/** True if the job has a place for a page, and its input `summary` does not refuse one. */
export function writesPage(): boolean {
  const { summary = true } = tryInputs<PageInputs>({
    summary: (value, name) => value === '' || flag(value, name),
  }).values;
  return summary && (process.env['GITHUB_STEP_SUMMARY'] ?? '') !== '';
}

/** Sets the outputs and writes the summary page, where there is one. @throws the report's error, after both are written */
export async function writeReport({ outputs, page, error }: JobReport): Promise<void> {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  if (page !== '' && writesPage()) await core.summary.addRaw(plainText(page)).write();
  if (error !== undefined) throw error;
}
