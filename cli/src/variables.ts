import { type MakeCall, makeCommand } from '../../src/shared/base/make-command.ts';
import { nearestName, nearestNames } from '../../src/shared/base/nearest-name.ts';
import type { Problem } from '../../src/shared/base/problems.ts';
import { type GetInput, list, variable } from '../../src/shared/github/inputs.ts';
import type { Action } from './action-file.ts';
import { answerToVariable } from './other-tools.ts';
import { folderVariables } from './paths.ts';
import { type Target, targets } from './targets.ts';

/** Makes bundles log every command, key component and service call: see {@link isDebug}. */
export const debugVariable = 'DEBUG';

const inputVariables = (actions: readonly Action[]) =>
  actions.flatMap((action) => Object.keys(action.inputs).map(variable));

/** The variables that every target takes. */
const commonVariables = [...Object.values(folderVariables), 'SPECS_DIR', debugVariable];

const sorted = (names: readonly string[]) => [...new Set(names)].sort();

/** All variables, in make's spelling and sorted, each with the targets that take it: none if only jobs on GitHub do. */
export function knownVariables(actions: readonly Action[]): Map<string, string[]> {
  const all = Object.entries(targets).map(([name, target]) => ({ name, own: variablesOf(target, actions) }));
  const names = sorted([...inputVariables(actions), ...all.flatMap(({ own }) => own)]);
  return new Map(
    names.map((name) => [name, all.filter(({ own }) => own.includes(name)).map((one) => one.name)]),
  );
}

/**
 * The variables that a target takes: the inputs of its actions, its own, the folders of a run and of specs, and DEBUG.
 * Every target takes the folders, so that the same command line works for each of them. Sorted.
 */
export function variablesOf(target: Target, actions: readonly Action[]): string[] {
  const started = actions.filter(({ name }) => target.actions.includes(name));
  return sorted([...inputVariables(started), ...target.variables, ...commonVariables]);
}

/**
 * Returns the variables that the user gave, by each target that takes them: for the commands that messages print. None
 * that may hold a secret, nor DEBUG. Pure.
 */
export function givenVariables(
  actions: readonly Action[],
  environment: Readonly<Record<string, string | undefined>>,
): MakeCall['given'] {
  const isShown = (name: string, value: string) =>
    value !== '' && name !== 'TOKEN' && name !== debugVariable && !/:\/\/[^/\s]*@/.test(value);
  return Object.fromEntries(
    Object.entries(targets).map(([target, one]) => {
      const pairs = variablesOf(one, actions).map((name) => [name, environment[name] ?? ''] as const);
      return [target, Object.fromEntries(pairs.filter(([name, value]) => isShown(name, value)))];
    }),
  );
}

/**
 * Returns a problem for each name on make's command line that no target of the command line takes. Pure.
 * @param effective the variables of each target on the command line
 * @param takers the targets that take each known variable
 */
export function variableProblems(
  named: readonly string[],
  effective: Readonly<Record<string, readonly string[]>>,
  takers: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  const useful = sorted(Object.values(effective).flat());
  return named
    .filter((name) => !useful.includes(name))
    .map((name) => {
      const own = takers.get(name);
      if (own === undefined)
        return { message: `Unknown variable '${name}'`, hint: hintFor(name, [...takers.keys()]) };
      const near = useful.find((other) => oneBeginsTheOther(name, other)) ?? nearestName(name, useful);
      const hint = near === undefined ? placeOf(own) : `Did you mean ${near}?`;
      return { message: `${name} has no effect on make ${Object.keys(effective).join(' ')}`, hint };
    });
}

/** Variables that a hint names. */
const mostNamed = 3;

/** The remedy for a variable that is not known: the word that azl has for it, or the nearest names. */
function hintFor(name: string, known: readonly string[]): string {
  const answer = answerToVariable(name);
  if (answer !== undefined) return answer;
  const near = nearestNames(name, known, mostNamed);
  if (near.length > 0) return `Did you mean ${near.map((one) => `'${one}'`).join(' or ')}?`;
  return `${makeCommand('help')} lists the most used ones, and the README of each action all of its inputs.`;
}

function placeOf(targets: readonly string[]): string {
  return targets.length === 0
    ? 'Only jobs on GitHub take it.'
    : `It has one on make ${targets.join(', make ')}.`;
}

/**
 * True if the debug log is wanted: `make … DEBUG=1`, or a runner's `RUNNER_DEBUG=1`. Other programs have a variable
 * DEBUG, too: any other value is ignored.
 */
export function isDebug(environment: Readonly<Record<string, string | undefined>>): boolean {
  return /^(1|y|yes|true)$/i.test(environment[debugVariable] ?? '') || environment['RUNNER_DEBUG'] === '1';
}

/** True for names like `PACKAGE` and `PACKAGE_BUILD_LIST`, which differ in many letters and are easily confused. */
function oneBeginsTheOther(a: string, b: string): boolean {
  return a.startsWith(`${b}_`) || b.startsWith(`${a}_`);
}

/**
 * Returns the inputs of one action: what the user set, else the folders of the run and the outputs of earlier actions,
 * else the action's default. An empty variable counts as not set.
 */
export function inputsOf(
  action: Action,
  environment: Readonly<Record<string, string | undefined>>,
  outputs: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [
      name,
      environment[variable(name)] || outputs[name] || (input.default ?? ''),
    ]),
  );
}

/** The packages that `PACKAGE` names, each once. */
export function namedPackages(environment: Readonly<Record<string, string | undefined>>): string[] {
  return list(environment['PACKAGE'] ?? '', 'PACKAGE');
}

/** Returns a function that reads inputs as an action reads them from its environment. */
export function inputGetter(inputs: Readonly<Record<string, string>>): GetInput {
  return (name) => (inputs[name] ?? '').trim();
}
