/** Which attempt of the workflow run this job belongs to, from 1; 1 where there is no run. */
export function runAttempt(): number {
  return Number(process.env['GITHUB_RUN_ATTEMPT'] ?? '1');
}

/** Whether this job can reach the artifacts of a workflow run. */
export function hasArtifacts(): boolean {
  return (process.env['ACTIONS_RESULTS_URL'] ?? '') !== '';
}
