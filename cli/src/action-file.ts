import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';

/** The parts of an action.yml that are needed to start it. */
export interface Action {
  /** Path below `actions`: `build-packages`, `build-packages/plan`. */
  name: string;
  /** The bundle's entry; absolute. */
  entry: string;
  inputs: Record<string, { default?: string; description?: string; required?: boolean }>;
  outputs: string[];
}

/**
 * Reads one action.yml. Defaults are texts, as the runner passes them (`true`, `2`).
 * @throws Error naming the file if it has no `runs.main`
 */
export function parseAction(text: string, name: string, file: string): Action {
  const { inputs, outputs, runs } = parse(text) as {
    inputs?: Record<string, { default?: string | number | boolean | null } | null>;
    outputs?: Record<string, unknown>;
    runs?: { main?: string };
  };
  if (runs?.main === undefined) throw new Error(`${file}: has no runs.main`);
  return {
    name,
    entry: resolve(dirname(file), runs.main),
    inputs: Object.fromEntries(
      Object.entries(inputs ?? {}).map(([input, declared]) => {
        const { default: value, ...others } = declared ?? {};
        return [input, { ...others, default: value?.toString() }];
      }),
    ),
    outputs: Object.keys(outputs ?? {}),
  };
}

/** Reads every action below `actionsDir`. A sub-action follows its action. */
export function readActions(actionsDir: string): Action[] {
  const folders = (dir: string) =>
    readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  const names = folders(actionsDir).flatMap((name) => [
    name,
    ...folders(join(actionsDir, name)).map((sub) => `${name}/${sub}`),
  ]);
  return names
    .map((name) => ({ name, file: join(actionsDir, name, 'action.yml') }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => parseAction(readFileSync(file, 'utf8'), name, file));
}

/** Returns the action of that name. @throws Error if there is none */
export function actionNamed(actions: readonly Action[], name: string): Action {
  const found = actions.find((action) => action.name === name);
  if (found === undefined) throw new Error(`actions/${name}/action.yml does not exist`);
  return found;
}
