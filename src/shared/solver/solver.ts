import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { lastLines } from '../base/last-lines.ts';
import { constant, either, list, object, oneOf, type Schema, text } from '../base/schema.ts';
import { rpmFilePattern } from '../base/untrusted.ts';
import { parseDocument } from '../base/validate.ts';
import { isRoot, plainEnvironment } from '../host/process.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import { areStandIns, type Toolchain } from '../model/toolchain.ts';

/** The helper's text, whose parts are one program: part of the digest of every question. */
export const solverRecipe = [
  readFileSync(new URL('./capabilities.py', import.meta.url), 'utf8'),
  readFileSync(new URL('./universe.py', import.meta.url), 'utf8'),
  readFileSync(new URL('./solver.py', import.meta.url), 'utf8'),
].join('\n');

/** Asks for a set of RPMs that satisfies all of `install`. */
export interface SolverRequest {
  install: readonly Capability[];
  /** No RPM of the set satisfies any of these. What matches goes from the base, with what needs it. */
  conflicts: readonly Capability[];
  /** File names of toolchain RPMs that stay, unless a needed RPM conflicts with them. */
  base: readonly string[];
  /** File names of the toolchain's RPMs on demand that may be used. All others of them are invisible. */
  onDemand?: readonly string[];
  /** RPMs that may be used: a list for each result. */
  local: readonly (readonly Rpm[])[];
}

/** The answer to a request. */
export type SolverAnswer =
  /** The whole set, base included, sorted by file. */
  | { ok: true; installed: PlannedBuild['installed'] }
  /** Messages for people, sorted; and the requirements, of the request or of an RPM, that nothing provides. */
  | { ok: false; problems: string[]; missing: Capability[] };

type Found = Extract<SolverAnswer, { ok: true }>;
type Refused = Extract<SolverAnswer, { ok: false }>;

/** More RPMs than any root has. */
export const mostInstalled = 10_000;

export const foundSchema = object<Found>({
  ok: constant(true),
  installed: list(
    object<Found['installed'][number]>({
      origin: oneOf('local', 'toolchain'),
      file: text(255, rpmFilePattern),
    }),
    mostInstalled,
  ),
});

export const answerSchema: Schema<SolverAnswer> = either(
  foundSchema,
  object<Refused>({ ok: constant(false), problems: list(text()), missing: list(text()) }),
);

/** The answer of the helper to a request. */
const saidSchema = either(answerSchema, object<{ invalid: string }>({ invalid: text() }));

/** A started solver. */
export interface Solver {
  /** @throws Error when the toolchain has no RPM that `base` names, or when the helper ended */
  solve(request: SolverRequest): Promise<SolverAnswer>;
  close(): Promise<void>;
}

/** The limits of the helper, which reads what strangers wrote: metadata of RPMs and repositories. */
const most = { memory: 4 * 1024 ** 3, answerSeconds: 600 };

/** Starts a program as nobody, where we are root, and in any case without a way to get rights. */
function unprivileged(): string[] {
  const become = isRoot() ? ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'] : [];
  return [
    ...['prlimit', `--as=${most.memory}`, '--core=0', '--nofile=256', '--'],
    ...['setpriv', '--no-new-privs', ...become, '--'],
  ];
}

/**
 * Starts libsolv in a helper process over a toolchain. The helper has no privileges, bounded memory and an empty
 * environment. It ends when its input closes, so also when this process is killed.
 * @param answerSeconds the time for one answer; then the helper is ended, and all that wait are told
 */
export async function startSolver(
  toolchain: Toolchain,
  answerSeconds: number = most.answerSeconds,
): Promise<Solver> {
  const [command, ...args] = [...unprivileged(), '/usr/bin/python3', '-I', '-c', solverRecipe];
  const helper = spawn(command as string, args, { env: plainEnvironment, cwd: '/', stdio: 'pipe' });
  const waiting: { resolve(answer: SolverAnswer): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  const said = tail(helper);
  const deadline = timerOf(answerSeconds, () => helper.kill('SIGKILL'));
  createInterface({ input: helper.stdout }).on('line', (line) => {
    const next = waiting.shift();
    deadline.restart(waiting.length > 0);
    try {
      const answer = parseDocument(saidSchema, line, 'the answer of the solver');
      if ('invalid' in answer) next?.reject(new Error(answer.invalid));
      else next?.resolve(answer);
    } catch (error) {
      next?.reject(error as Error);
    }
  });
  const gone = new Promise<void>((resolve) => {
    const end = (how: string) => {
      deadline.restart(false);
      const why = deadline.isOver() ? `no answer in ${answerSeconds} s` : how;
      ended = new Error(`the solver ended (${why})${said() === '' ? '' : `:\n${said()}`}`);
      for (const one of waiting.splice(0)) one.reject(ended);
      resolve();
    };
    helper.once('error', (error) => end(error.message));
    helper.once('close', (code, signal) => end(`${signal ?? code}`));
  });
  helper.stdin.on('error', () => {});
  const tell = (value: unknown) => helper.stdin.write(`${JSON.stringify(value)}\n`);
  const { arch, onDemand = {}, rpms } = toolchain;
  const standIns = areStandIns(toolchain);
  tell({ arch, standIns, onDemand: Object.keys(onDemand), rpms: rpms.map(facts) });
  return {
    solve: ({ install, conflicts, base, onDemand: visible = [], local }) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        waiting.push({ resolve, reject });
        if (waiting.length === 1) deadline.restart(true);
        tell({ install, conflicts, base, onDemand: visible, local: local.flat().map(facts) });
      }),
    close: async () => {
      helper.stdin.end();
      await gone;
    },
  };
}

/** A timer that can be started again, and stopped. */
function timerOf(seconds: number, expire: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  return {
    isOver: () => isOver,
    restart(goesOn: boolean) {
      clearTimeout(timer);
      const end = () => {
        isOver = true;
        expire();
      };
      timer = goesOn ? setTimeout(end, seconds * 1000) : undefined;
    },
  };
}

const factNames = [
  ...(['file', 'name', 'epoch', 'version', 'release', 'arch'] as const),
  ...(['provides', 'requires', 'conflicts', 'obsoletes', 'files', 'folders'] as const),
];

/** The fields of an RPM that the solver sees, in this order: exactly those that can change an answer. */
export function facts(rpm: Rpm) {
  return Object.fromEntries(factNames.map((name) => [name, rpm[name]]));
}

/** The last lines of standard error. */
function tail(helper: ChildProcessWithoutNullStreams): () => string {
  let text = '';
  helper.stderr.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-2000);
  });
  return () => lastLines(text, 4);
}
