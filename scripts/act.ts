import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { nearestName } from '../src/shared/base/nearest-name.ts';
import { problem } from '../src/shared/base/problems.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { runTool } from '../src/shared/host/process.ts';
import type { JobOptions } from '../test/services/job.ts';
import { tokens } from '../test/services/rest.ts';
import { type Services, startServices } from '../test/services/server.ts';
import { runAct } from './act/run-act.ts';
import { copyCheckout, treesForAct } from './act/trees.ts';
import { repository } from './build-dist.ts';
import { consoleLog } from './console-log.ts';
import { ensureTools } from './tools.ts';
import { eventsOf, interfaceOf, parseWorkflow } from './workflows/workflow.ts';

const folder = '.github/workflows';
/** The workflows of `make act` without WORKFLOW, in this order: a pull request reuses what a nightly run stored. */
const standard = ['nightly', 'pull-request'];
/** The events that `make act` can simulate: of those that start a workflow, the first one in this list. */
const events = ['workflow_dispatch', 'pull_request', 'push'];

/** The payload of each event, as far as workflows read it. */
const payloads: Record<string, unknown> = {
  pull_request: { number: 1, pull_request: { number: 1, head: { ref: 'change' }, base: { ref: 'main' } } },
};

/** The caches that a run of this event may see, if it is not a push to main. */
const scopes: Record<string, JobOptions> = { pull_request: { ref: 'refs/pull/1/merge', base: 'main' } };

/** All workflows here that an event starts: name → event. */
function startable(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(join(repository, folder)).sort()) {
    const workflow = parseWorkflow(readFileSync(join(repository, folder, file), 'utf8'));
    const event = events.find((one) => eventsOf(workflow).includes(one));
    if (interfaceOf(workflow) === undefined && event !== undefined) found.set(basename(file, '.yml'), event);
  }
  return found;
}

/** Runs one workflow on `copy`. @returns act's exit code */
async function run(
  name: string,
  event: string,
  at: {
    number: number;
    copy: string;
    scratch: string;
    repositories: Map<string, string>;
    services: Services;
  },
): Promise<number> {
  console.log(`==> ${name} (${event})`);
  const id = String(1000 + at.number);
  return await runAct({
    dir: at.copy,
    workflow: `${folder}/${name}.yml`,
    event,
    payload: payloads[event] ?? {},
    repositories: at.repositories,
    environment: {
      ...at.services.environment(id, 'act', scopes[event]),
      GITHUB_EVENT_NAME: event,
      GITHUB_REPOSITORY: 'azl/actions',
      GITHUB_RUN_ID: id,
      GITHUB_RUN_NUMBER: String(at.number),
    },
    token: tokens.write,
    scratch: join(at.scratch, name),
    onLine: (line) => console.log(line),
    signal: interrupted.signal,
  });
}

/** Returns the workflows that `WORKFLOW` names, or the default ones. @throws ProblemsError */
function wanted(given: string): [name: string, event: string][] {
  const all = startable();
  return (given === '' ? standard : [given]).map((name) => {
    const event = all.get(name);
    if (event !== undefined) return [name, event];
    const guess = nearestName(name, [...all.keys()]);
    throw problem(`There is no workflow '${name}' that an event starts`, {
      hint: `${guess === undefined ? '' : `Did you mean '${guess}'? `}There are: ${[...all.keys()].join(', ')}.`,
    });
  });
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}
try {
  const workflows = wanted(process.env['WORKFLOW'] ?? '');
  await ensureCommands(['git'], consoleLog);
  await ensureTools(['act'], consoleLog);
  const scratch = mkdtempSync(join(tmpdir(), 'azl-act-'));
  const services = await startServices();
  try {
    const repositories = await treesForAct(join(scratch, 'trees'));
    const copy = await copyCheckout(scratch);
    for (const [at, [name, event]] of workflows.entries()) {
      const code = await run(name, event, { number: at + 1, copy, scratch, repositories, services });
      if (code !== 0) process.exitCode = code;
    }
  } finally {
    await services.close();
    await runTool(['rm', '-rf', '--one-file-system', '--', scratch], { root: true });
  }
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
