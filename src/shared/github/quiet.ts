import { AsyncLocalStorage } from 'node:async_hooks';

const quiet = new AsyncLocalStorage<true>();
let installed = false;

/** What the runner has to hear whoever says it: secrets to mask, warnings, errors. */
const command = /^::(add-mask|warning|error)/;

/**
 * Runs a library that tells the log each of its steps, and drops what it tells. What anybody else says meanwhile is said,
 * and so are commands to the runner. With `RUNNER_DEBUG` all is said.
 */
export async function quietly<T>(body: () => Promise<T>): Promise<T> {
  if (process.env['RUNNER_DEBUG'] === '1') return await body();
  install();
  return await quiet.run(true, body);
}

function install(): void {
  if (installed) return;
  installed = true;
  const { write } = process.stdout;
  process.stdout.write = function (
    this: typeof process.stdout,
    chunk: string | Uint8Array,
    ...rest: never[]
  ) {
    if (quiet.getStore() === true && !command.test(String(chunk))) return true;
    return write.call(this, chunk, ...rest);
  } as typeof write;
}
