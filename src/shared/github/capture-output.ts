import { AsyncLocalStorage } from 'node:async_hooks';

/** What becomes of what a library says. `complaints`: where its warnings and errors go, instead of to the log. */
interface Hush {
  complaints?: string[];
}

const hush = new AsyncLocalStorage<Hush>();
let installed = false;

/** What the runner has to hear whoever says it: secrets to mask. */
const mask = /^::add-mask::/;
const complaint = /^::(?:warning|error)(?: [^:]*)?::([^\r\n]*)/;

/**
 * What the cache's library tells in no warning: why it could not save, for its log says the same of an entry that is there;
 * and that this job may not do what was asked of it (`ACTIONS_CACHE_MODE`).
 */
const whisper = /^(?:::debug::)?((?:Failed to reserve cache|Cache (?:restore|save) skipped)[^\r\n]*)/;

/**
 * Runs a library that tells the log each of its steps, and drops what it tells. What anybody else says meanwhile is said,
 * and so are commands to the runner. With `RUNNER_DEBUG` all is said.
 */
export async function withoutOutput<T>(body: () => Promise<T>): Promise<T> {
  return await hushed({}, body);
}

/**
 * The same with a library that answers as if nothing had happened, and tells in warnings alone what went wrong: answers
 * them, and nobody else hears them.
 */
export async function captureOutput<T>(body: () => Promise<T>): Promise<{ value: T; complaints: string[] }> {
  const complaints: string[] = [];
  return { value: await hushed({ complaints }, body), complaints };
}

async function hushed<T>(how: Hush, body: () => Promise<T>): Promise<T> {
  install();
  return await hush.run(how, body);
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
    return isDropped(String(chunk)) || write.call(this, chunk, ...rest);
  } as typeof write;
}

function isDropped(said: string): boolean {
  const how = hush.getStore();
  if (how === undefined || mask.test(said)) return false;
  const [, whispered] = whisper.exec(said) ?? [];
  if (whispered !== undefined) how.complaints?.push(whispered);
  const [, words] = complaint.exec(said) ?? [];
  if (words === undefined) return process.env['RUNNER_DEBUG'] !== '1';
  how.complaints?.push(words);
  return how.complaints !== undefined;
}
