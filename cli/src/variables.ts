import { nearestName } from '../../src/shared/base/nearest-name.ts';
import type { Problem } from '../../src/shared/base/problems.ts';
import { type GetInput, variable } from '../../src/shared/github/inputs.ts';
import type { Action } from './action-file.ts';
import { folderVariables } from './paths.ts';
import { type Target, targets } from './targets.ts';

const inputVariables = (actions: readonly Action[]) =>
  actions.flatMap((action) => Object.keys(action.inputs).map(variable));

const sorted = (names: readonly string[]) => [...new Set(names)].sort();

/** Every variable that may be set for some target, in make's spelling. Sorted. */
export function knownVariables(actions: readonly Action[]): string[] {
  const own = Object.values(targets).flatMap((target) => target.variables);
  return sorted([...inputVariables(actions), ...own, ...Object.values(folderVariables)]);
}

/**
 * The variables that have an effect on a target: inputs of its actions, its own, and those that name the folders of a
 * run, which every target takes: whoever keeps a run elsewhere writes the same words behind each. Sorted.
 */
export function variablesOf(target: Target, actions: readonly Action[]): string[] {
  const started = actions.filter(({ name }) => target.actions.includes(name));
  return sorted([...inputVariables(started), ...target.variables, ...Object.values(folderVariables)]);
}

/**
 * One problem for each name on make's command line that is no variable, or has no effect on what is to be made. Pure.
 * @param effective the variables of each target on the command line
 */
export function variableProblems(
  named: readonly string[],
  effective: Readonly<Record<string, readonly string[]>>,
  known: readonly string[],
): Problem[] {
  const useful = sorted(Object.values(effective).flat());
  return named
    .filter((name) => !useful.includes(name))
    .map((name) => {
      if (!known.includes(name)) {
        const near = nearestName(name, known);
        return {
          message: `Unknown variable '${name}'`,
          hint: near === undefined ? `There are: ${known.join(' ')}.` : `Did you mean '${near}'?`,
        };
      }
      const near = useful.find((other) => oneBeginsTheOther(name, other)) ?? nearestName(name, useful);
      return {
        message: `${name} has no effect on make ${Object.keys(effective).join(' ')}`,
        hint: near === undefined ? `These have: ${useful.join(' ')}.` : `Did you mean ${near}?`,
      };
    });
}

/** `PACKAGE` and `PACKAGE_BUILD_LIST`: far apart letter by letter, and yet easily taken for each other. */
function oneBeginsTheOther(a: string, b: string): boolean {
  return a.startsWith(`${b}_`) || b.startsWith(`${a}_`);
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

/** Answers inputs as an action reads them from its environment. */
export function inputGetter(inputs: Readonly<Record<string, string>>): GetInput {
  return (name) => (inputs[name] ?? '').trim();
}
