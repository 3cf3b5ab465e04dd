import { variable } from '../../src/shared/github/inputs.ts';
import { nearest } from '../../src/shared/nearest.ts';
import type { Problem } from '../../src/shared/problems.ts';
import type { Action } from './action-file.ts';

/** Variables that the local CLI itself reads. */
export const localVariables =
  'BUILD_DIR CACHE_DIR CONFIG_FILE IMAGE OUT_DIR PACKAGE SPECS_DIR TOOLCHAIN_DIR'.split(' ');

/** Every variable that may be set: the inputs of all actions, in make's spelling, and the CLI's own. Sorted. */
export function knownVariables(actions: readonly Action[]): string[] {
  const names = actions.flatMap((action) => Object.keys(action.inputs).map(variable));
  return [...new Set([...names, ...localVariables])].sort();
}

/** One problem for each name on make's command line that is no variable. */
export function unknownVariables(named: readonly string[], known: readonly string[]): Problem[] {
  return named
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return {
        message: `Unknown variable '${name}'`,
        mend: near === undefined ? `There are: ${known.join(' ')}.` : `Did you mean '${near}'?`,
      };
    });
}

/**
 * The inputs of one action: what the user set, else what the local layout or an earlier step says, else the action's
 * default. A variable that is set to nothing counts as not set.
 */
export function inputsOf(
  action: Action,
  environment: Readonly<Record<string, string | undefined>>,
  handedOn: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [
      name,
      environment[variable(name)] || handedOn[name] || (input.default ?? ''),
    ]),
  );
}
