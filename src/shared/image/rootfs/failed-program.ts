import { lastLines } from '../../base/last-lines.ts';
import { type ProblemsError, problem } from '../../base/problems.ts';
import { LimitError } from '../../host/limit-error.ts';
import { ToolError } from '../../host/process.ts';
import type { Rpm } from '../../model/rpm.ts';

/** The message of `enter.sh` about a place to mount on. The quoted target of the link may hold anything. */
const linkedPlace = /^azl: (.+) is mounted on in a sandbox, and is or lies below a link here \((.*)\)$/m;

/**
 * Returns the error of a program that was to run in an image as a problem of the config; any other error as it is. Pure.
 * @param rpms the installed RPMs
 */
export function asProblem(
  error: unknown,
  program: string,
  place: { file: string; path?: string },
  rpms: readonly { rpm: Rpm }[],
): unknown {
  if (error instanceof LimitError) return problem(`${program} ${error.message}`, place);
  if (!(error instanceof ToolError)) return error;
  const linked = error.code === 120 ? linkedPlace.exec(error.stderr) : null;
  if (linked !== null) return linkProblem(linked[1] as string, linked[2] as string, program, place, rpms);
  const end = lastLines(`${error.stdout}\n${error.stderr}`, 12);
  return problem(`${program} ended with ${error.code}${end === '' ? '' : `:\n${end}`}`, place);
}

function linkProblem(
  mounted: string,
  target: string,
  program: string,
  place: { file: string; path?: string },
  rpms: readonly { rpm: Rpm }[],
): ProblemsError {
  const parts = mounted.split('/').filter(Boolean);
  const paths = new Set(parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`));
  const owners = rpms.flatMap(({ rpm }) => (rpm.files.some((path) => paths.has(path)) ? [rpm.name] : []));
  const hint =
    owners.length === 0
      ? 'No package has it: a scriptlet, a program or a script made it.'
      : `In this image it belongs to ${owners.slice(0, 3).join(', ')}, or a script made it.`;
  const message = `${program} cannot run: /${parts.join('/')} is, or lies below, a link in the image (to ${target})`;
  return problem(message, { ...place, hint });
}
