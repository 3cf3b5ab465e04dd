import { AsyncLocalStorage } from 'node:async_hooks';

/** The library call that runs. `complaints` receives its warnings and errors instead of the log. */
const capture = new AsyncLocalStorage<{ complaints?: string[] }>();
let installed = false;

/** Secrets to mask: the runner has to receive these from every writer. */
const mask = /^::add-mask::/;
const complaint = /^::(?:warning|error)(?: [^:]*)?::([^\r\n]*)/;

/**
 * Failures that the cache library reports without a warning. "Failed to reserve cache" says why it could not save: it logs
 * the same for an entry that exists. "Skipped" says that this job may not do it (`ACTIONS_CACHE_MODE`).
 */
const plainComplaint = /^(?:::debug::)?((?:Failed to reserve cache|Cache (?:restore|save) skipped)[^\r\n]*)/;

/**
 * Runs a call of a library that logs each of its steps, and drops this output. Output of other code, commands to the
 * runner, and with `RUNNER_DEBUG=1` everything, still appear.
 */
export async function withoutOutput<T>(body: () => Promise<T>): Promise<T> {
  install();
  return await capture.run({}, body);
}

/** Does the same, and returns the warnings and errors of the library instead of showing them. */
export async function captureOutput<T>(body: () => Promise<T>): Promise<{ value: T; complaints: string[] }> {
  install();
  const complaints: string[] = [];
  return { value: await capture.run({ complaints }, body), complaints };
}

function install(): void {
  if (installed) return;
  installed = true;
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) =>
    isDropped(String(chunk)) || write.call(process.stdout, chunk, ...rest)) as typeof write;
}

function isDropped(text: string): boolean {
  const how = capture.getStore();
  if (how === undefined || mask.test(text)) return false;
  const [, plain] = plainComplaint.exec(text) ?? [];
  if (plain !== undefined) how.complaints?.push(plain);
  const [, message] = complaint.exec(text) ?? [];
  if (message === undefined) return process.env['RUNNER_DEBUG'] !== '1';
  how.complaints?.push(message);
  return how.complaints !== undefined;
}
