import type { Action } from '../../cli/src/action-file.ts';
import type { Problem } from '../../src/shared/base/problems.ts';
import { callsIn, isPinned } from './calls.ts';
import { missingPermissions, permissionsOf } from './permissions.ts';
import { eventsOf, interfaceOf, type Job, type Workflow } from './workflow.ts';

/** Our actions and reusable workflows, which workflows name in full. */
export interface Known {
  /** Name (`build-packages/plan`) → action. */
  actions: ReadonlyMap<string, Action>;
  /** File name (`build-packages.yml`) → reusable workflow. */
  workflows: ReadonlyMap<string, Workflow>;
}

/** The inputs and outputs of an action or a reusable workflow. */
interface Callee {
  name: string;
  inputs: Record<string, { default?: unknown; required?: boolean }>;
  outputs: string[];
}

const ownWorkflow = /^azl\/actions\/\.github\/workflows\/([^@]+)@v1$/;
const ownAction = /^azl\/([^@]+)@v1$/;

/** Returns the action or workflow of ours that `uses` names; undefined if there is none. */
function calleeOf(uses: string, known: Known): Callee | undefined {
  const file = ownWorkflow.exec(uses)?.[1];
  if (file !== undefined) {
    const workflow = known.workflows.get(file);
    const face = workflow === undefined ? undefined : interfaceOf(workflow);
    return face && { name: file, inputs: face.inputs, outputs: Object.keys(face.outputs) };
  }
  const action = known.actions.get(ownAction.exec(uses)?.[1] ?? '');
  return action && { name: action.name, inputs: action.inputs, outputs: action.outputs };
}

/** A check of one workflow. @returns its errors, each of which begins with the place */
type Check = (workflow: Workflow, known: Known) => string[];

/** Permissions are set at the top, and a caller grants everything that the called jobs ask for. */
const permissions: Check = (workflow, known) => {
  const wrong = workflow.permissions === undefined ? ['has no permissions at its top'] : [];
  for (const [id, job] of Object.entries(workflow.jobs ?? {})) {
    const granted = permissionsOf(workflow, job);
    if (granted === undefined) wrong.push(`${id}: neither it nor the workflow says its permissions`);
    else wrong.push(...asksForMore(id, job, granted, known));
  }
  return wrong;
};

/** Returns an error for each job below a call, at any depth, that asks for more than `granted`. */
function asksForMore(
  place: string,
  { uses }: Job,
  granted: NonNullable<ReturnType<typeof permissionsOf>> | null,
  known: Known,
): string[] {
  const file = ownWorkflow.exec(uses ?? '')?.[1];
  const called = file === undefined ? undefined : known.workflows.get(file);
  return Object.entries(called?.jobs ?? {}).flatMap(([id, job]) => {
    const asked = permissionsOf(called as Workflow, job) ?? {};
    const path = `${place} > ${id}`;
    const missing = missingPermissions(granted, asked);
    return [
      ...(missing.length === 0
        ? []
        : [`${path} asks for ${missing.join(', ')}, which ${place} does not grant`]),
      ...asksForMore(path, job, granted, known),
    ];
  });
}

/** Every action or workflow of ours that is called exists, has the given inputs, and gets those that it requires. */
const calls: Check = (workflow, known) =>
  callsIn(workflow).flatMap((call) => {
    if (!call.uses.startsWith('azl/')) return [];
    const callee = calleeOf(call.uses, known);
    if (callee === undefined) return [`${call.place}: there is no ${call.uses}`];
    const unknown = Object.keys(call.with).filter((key) => callee.inputs[key] === undefined);
    const absent = Object.entries(callee.inputs)
      .filter(([name, one]) => one?.required === true && call.with[name] === undefined)
      .map(([name]) => name);
    return [
      ...unknown.map((key) => `${call.place}: ${callee.name} has no input '${key}'`),
      ...absent.map((name) => `${call.place}: ${callee.name} needs its input '${name}'`),
    ];
  });

/** Actions of others are pinned by a commit. */
const pins: Check = (workflow) =>
  callsIn(workflow)
    .filter(({ uses }) => !/^azl\/|^\.\//.test(uses) && !isPinned(uses))
    .map(({ place, uses }) => `${place}: ${uses} is not pinned by a commit`);

/** Reusable workflows have no concurrency and no other events, run only actions, and name them in full. */
const reusable: Check = (workflow) => {
  if (interfaceOf(workflow) === undefined) return [];
  const wrong: string[] = [];
  if (workflow.concurrency !== undefined) wrong.push('is reusable and has concurrency');
  if (eventsOf(workflow).length > 1) wrong.push('is reusable and starts by other events, too');
  for (const [id, job] of Object.entries(workflow.jobs ?? {})) {
    if (job.concurrency !== undefined) wrong.push(`${id}: is of a reusable workflow and has concurrency`);
    for (const [at, step] of (job.steps ?? []).entries())
      if (step.run !== undefined) wrong.push(`${id} step ${at + 1}: is of a reusable workflow and has run`);
  }
  for (const { place, uses } of callsIn(workflow))
    if (uses.startsWith('./')) wrong.push(`${place}: ${uses} is a file of whoever calls`);
  return wrong;
};

/** An input that is passed on has the same default in both places, and every input is used. */
const inputs: Check = (workflow, known) => {
  const own = interfaceOf(workflow)?.inputs ?? {};
  const text = JSON.stringify(workflow.jobs ?? {});
  const idle = Object.keys(own).filter((name) => !new RegExp(`inputs\\.${name}(?![\\w-])`).test(text));
  const differing = callsIn(workflow).flatMap((call) => {
    const callee = calleeOf(call.uses, known);
    return Object.entries(call.with).flatMap(([key, value]) => {
      const [mine, theirs] = [own[key], callee?.inputs[key]];
      if (value !== `\${{ inputs.${key} }}` || mine === undefined || theirs === undefined) return [];
      if (mine.required === true || theirs.required === true) return [];
      const [have, want] = [String(mine.default ?? ''), String(theirs.default ?? '')];
      return have === want
        ? []
        : [`${call.place}: ${key} is '${have}' here and '${want}' in ${callee?.name}`];
    });
  });
  return [...idle.map((name) => `input '${name}' has no effect`), ...differing];
};

/** A switch is only passed on: it takes y, yes and 1 as well as true, and one place reads all of them. */
const switches: Check = (workflow) => {
  const own = Object.entries(interfaceOf(workflow)?.inputs ?? {});
  const text = JSON.stringify(workflow.jobs ?? {});
  const passedOn = (name: string) => new RegExp(`"(?!if")[\\w-]+":"\\$\\{\\{ inputs\\.${name} \\}\\}"`, 'g');
  return own
    .filter(([, { default: value }]) => /^(true|false)$/.test(String(value)))
    .map(([name]) => name)
    .filter((name) => new RegExp(`inputs\\.${name}(?![\\w-])`).test(text.replaceAll(passedOn(name), '')))
    .map((name) => `input '${name}' is a switch, which only an action reads`);
};

/** Outputs that are read exist in the action or workflow that is called. */
const outputs: Check = (workflow, known) => {
  const text = JSON.stringify([workflow.jobs ?? {}, workflow.on ?? {}]);
  const taken = (kind: string, id: string) =>
    [...text.matchAll(new RegExp(`(?:${kind})\\.${id}\\.outputs\\.([\\w-]+)`, 'g'))].map(
      ([, name]) => name as string,
    );
  const unknown = (place: string, names: string[], uses: string | undefined) => {
    const callee = uses === undefined ? undefined : calleeOf(uses, known);
    if (callee === undefined) return [];
    return [...new Set(names)]
      .filter((name) => !callee.outputs.includes(name))
      .map((name) => `${place}: ${callee.name} has no output '${name}'`);
  };
  return Object.entries(workflow.jobs ?? {}).flatMap(([id, job]) => [
    ...unknown(id, taken('needs|jobs', id), job.uses),
    ...(job.steps ?? []).flatMap(({ id: step, uses }) =>
      step === undefined ? [] : unknown(`${id} step ${step}`, taken('steps', step), uses),
    ),
  ]);
};

const checks = [permissions, calls, pins, reusable, inputs, switches, outputs];

/** Returns all errors of a workflow. Pure. */
export function checkWorkflow(file: string, workflow: Workflow, known: Known): Problem[] {
  return checks.flatMap((check) => check(workflow, known)).map((message) => ({ file, message }));
}
