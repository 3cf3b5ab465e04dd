import { parse } from 'yaml';

/** The permissions of a job or a workflow, by scope: `{ contents: 'read' }`. */
export type Permissions = Readonly<Record<string, string>>;

export interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

export interface Job {
  concurrency?: unknown;
  uses?: string;
  with?: Record<string, unknown>;
  permissions?: Permissions | string | null;
  steps?: Step[];
}

/** An input of a reusable workflow. */
export interface WorkflowInput {
  description?: string;
  type?: string;
  default?: unknown;
  required?: boolean;
}

/** The parts of a workflow file, or of an action's file, that are checked here. */
export interface Workflow {
  /** Of an action. */
  runs?: { steps?: Step[] };
  on?: string | string[] | Record<string, unknown>;
  permissions?: Permissions | string | null;
  concurrency?: unknown;
  jobs?: Record<string, Job>;
}

/** The inputs and outputs of a reusable workflow. */
export interface Interface {
  inputs: Record<string, WorkflowInput>;
  outputs: Record<string, { description?: string; value?: string }>;
}

/** Reads the text of a workflow file. Pure. */
export function parseWorkflow(text: string): Workflow {
  return (parse(text) ?? {}) as Workflow;
}

/** Returns the names of the events that start a workflow. Pure. */
export function eventsOf({ on }: Workflow): string[] {
  if (typeof on === 'string') return [on];
  return Array.isArray(on) ? on : Object.keys(on ?? {});
}

/** Returns the inputs and outputs of a reusable workflow; undefined if the workflow is not reusable. Pure. */
export function interfaceOf(workflow: Workflow): Interface | undefined {
  if (!eventsOf(workflow).includes('workflow_call')) return undefined;
  const { on } = workflow;
  const call = typeof on === 'object' && !Array.isArray(on) ? on['workflow_call'] : undefined;
  const { inputs, outputs } = (call ?? {}) as Partial<Interface>;
  return { inputs: inputs ?? {}, outputs: outputs ?? {} };
}

/**
 * Returns the workflows in the YAML blocks of a Markdown text, each with the first line of its block. A block of
 * steps counts as a job with these steps. Pure.
 */
export function workflowsIn(markdown: string): { line: number; workflow: Workflow }[] {
  return [...markdown.matchAll(/^```ya?ml\n(.*?)^```$/gms)].flatMap((block) => {
    const read = parse(block[1] as string) as Workflow | Step[] | null;
    const workflow = Array.isArray(read) ? { permissions: {}, jobs: { job: { steps: read } } } : read;
    const line = markdown.slice(0, block.index).split('\n').length;
    return workflow?.jobs === undefined ? [] : [{ line, workflow: workflow as Workflow }];
  });
}
