import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readActions } from '../../cli/src/action-file.ts';
import { order } from '../../src/shared/base/order.ts';
import { repository } from '../build-dist.ts';
import type { Known } from './checks.ts';
import { interfaceOf, parseWorkflow, type Workflow, workflowsIn } from './workflow.ts';

const folder = '.github/workflows';

function read(pattern: string): { path: string; text: string }[] {
  return globSync(pattern, { cwd: repository })
    .sort(order)
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** The workflow files of this checkout, by path. */
export function workflowsHere(): Map<string, Workflow> {
  return new Map(read(`${folder}/*.yml`).map(({ path, text }) => [path, parseWorkflow(text)]));
}

/** The workflows and steps in the documents of this checkout, by file and line: `README.md:12`. */
export function examplesHere(): Map<string, Workflow> {
  const texts = [...read('*.md'), ...read('docs/*.md'), ...read('actions/*/README.md')];
  return new Map(
    texts.flatMap(({ path, text }) =>
      workflowsIn(text).map(({ line, workflow }) => [`${path}:${line}`, workflow] as const),
    ),
  );
}

/** Our actions and reusable workflows in this checkout. */
export function knownHere(): Known {
  const actions = readActions(join(repository, 'actions'));
  const reusable = [...workflowsHere()].filter(([, workflow]) => interfaceOf(workflow) !== undefined);
  return {
    actions: new Map(actions.map((action) => [action.name, action])),
    workflows: new Map(reusable.map(([path, workflow]) => [basename(path), workflow])),
  };
}
