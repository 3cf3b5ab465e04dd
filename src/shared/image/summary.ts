import type { Verdict } from './boot-test/verdict.ts';
import type { Composed } from './compose.ts';

/** One line on how an image came about: made or reused, booted or not. Pure. */
export function verdictLine(
  composed: Pick<Composed, 'image' | 'reused' | 'verdict' | 'verdictKept'>,
): string {
  const { image, reused, verdict, verdictKept } = composed;
  const local = image.packages.filter(({ origin }) => origin === 'local').length;
  const made = `${image.name}: ${reused ? 'reused' : 'made'}, ${image.packages.length} packages, ${local} of them built here`;
  if (verdict === undefined) return `${made}; not booted`;
  if (verdictKept) return `${made}; boot test passed in an earlier run (${Math.round(verdict.seconds)} s)`;
  return `${made}; boot test passed (${Math.round(verdict.seconds)} s, ${verdict.acceleration})`;
}

/** What a failed boot says, unit by unit. Pure. */
export function failureLines(verdict: Verdict): string[] {
  return verdict.failed.flatMap(({ unit, log }) => [`${unit} failed:`, ...log.map((line) => `    ${line}`)]);
}
