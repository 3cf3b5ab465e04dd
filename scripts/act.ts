import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rememberCall } from '../cli/src/make-call.ts';
import { ensureCommands } from '../src/shared/host/packages.ts';
import { runTool } from '../src/shared/host/process.ts';
import type { JobOptions } from '../test/services/job.ts';
import { tokens } from '../test/services/rest.ts';
import { type Services, startServices } from '../test/services/server.ts';
import { runAct } from './act/run-act.ts';
import { copyRepository, treesForAct } from './act/trees.ts';
import {
  checkRepository,
  nameOf,
  readWorkflows,
  repositoryToRun,
  type StartableWorkflow,
  startable,
  withRefsOf,
  workflowsToRun,
} from './act/user-repository.ts';
import { consoleLog } from './console-log.ts';
import { ensureTools } from './tools.ts';

/** The tag of a simulated push, for workflows that start at tags. */
const tag = 'refs/tags/v0';

/** The payload of each event, as far as workflows read it. */
const payloads: Record<string, unknown> = {
  pull_request: { number: 1, pull_request: { number: 1, head: { ref: 'change' }, base: { ref: 'main' } } },
};

/** The caches that a run of this event may see, if it is not a push to main. */
const scopes: Record<string, JobOptions> = { pull_request: { ref: 'refs/pull/1/merge', base: 'main' } };

/** Runs one workflow on `copy`. @returns act's exit code */
async function run(
  { name, path, event, forTags }: StartableWorkflow,
  at: {
    number: number;
    repositoryName: string;
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
    workflow: path,
    event,
    payload: forTags ? { ref: tag } : (payloads[event] ?? {}),
    repositories: at.repositories,
    environment: {
      ...at.services.environment(id, 'act', forTags ? { ref: tag } : scopes[event]),
      ...(forTags ? { GITHUB_REF_NAME: 'v0', GITHUB_REF_TYPE: 'tag' } : {}),
      GITHUB_EVENT_NAME: event,
      GITHUB_REPOSITORY: at.repositoryName,
      GITHUB_RUN_ID: id,
      GITHUB_RUN_NUMBER: String(at.number),
    },
    token: tokens.write,
    scratch: join(at.scratch, name),
    onLine: (line) => console.log(line),
    signal: interrupted.signal,
  });
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}
try {
  await ensureCommands(['git'], consoleLog);
  const { workspace } = rememberCall(process.env['AZL_CWD'] ?? process.cwd(), process.env);
  const dir = repositoryToRun(process.env['REPO'] ?? '', workspace);
  await checkRepository(dir);
  const workflows = readWorkflows(dir);
  const wanted = workflowsToRun(process.env['WORKFLOW'] ?? '', startable(workflows));
  await ensureTools(['act'], consoleLog);
  const scratch = mkdtempSync(join(tmpdir(), 'azl-act-'));
  const services = await startServices();
  try {
    const repositories = withRefsOf(workflows.values(), await treesForAct(join(scratch, 'trees')));
    const copy = await copyRepository(dir, scratch);
    console.log(`The workflows of ${dir}, in a copy: ${wanted.map(({ name }) => name).join(', ')}`);
    for (const [at, one] of wanted.entries()) {
      const surroundings = { repositoryName: nameOf(dir), copy, scratch, repositories, services };
      const code = await run(one, { ...surroundings, number: at + 1 });
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
