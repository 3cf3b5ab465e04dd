let sink: ((message: string) => void) | undefined;

/** Sends debug messages to `to` from now on; undefined drops them, which is the default. */
export function setDebugSink(to: typeof sink): void {
  sink = to;
}

/** Writes to the debug log. `message` is only called if there is one. A message must not hold a secret. */
export function debug(message: () => string): void {
  sink?.(message());
}

/** Runs a call and writes its duration and its answer, as `answerOf` describes it, to the debug log. */
export async function debugCall<T>(
  name: () => string,
  call: () => Promise<T>,
  answerOf: (value: T) => string = () => 'done',
): Promise<T> {
  if (sink === undefined) return await call();
  const start = performance.now();
  const end = (answer: string) =>
    debug(() => `${name()}: ${answer} (${((performance.now() - start) / 1000).toFixed(3)} s)`);
  try {
    const value = await call();
    end(answerOf(value));
    return value;
  } catch (error) {
    end(`failed: ${(error as Error).message}`);
    throw error;
  }
}

/** Replaces secrets in a text by `***`: these values, and the user part of addresses. Pure. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return masked.replace(/(\w:\/\/)[^/@\s']+@/g, '$1***@');
}
