/** The request to stop this process, by a signal. */
export interface Stop {
  /** True after the first signal. */
  readonly requested: boolean;
  /** Aborted at the first signal: for work in this process. */
  readonly signal: AbortSignal;
  /** Calls `listener` with each signal to pass on to a child. @returns a function that removes the listener */
  listen(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Stops as Ctrl-C does. */
  request(): void;
}

const messages = {
  first: 'Stopping in order. Ctrl-C once more stops at once.',
  second: 'Stopping at once: what is being built now is lost, finished work is kept.',
} as const;

/**
 * Watches for Ctrl-C, SIGTERM, SIGHUP, and the end of the parent process. The first one asks for an orderly end, the
 * second one kills. While a child is at work, `say` tells the user so.
 */
export function watchSignals(say: (text: string) => void): Stop {
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const controller = new AbortController();
  let killed = false;
  const ask = () => {
    const signal = controller.signal.aborted ? 'SIGKILL' : 'SIGINT';
    // A killed child is still waited for, until the user asks once more.
    if (killed || (signal === 'SIGKILL' && listeners.size === 0)) process.exit(130);
    killed = signal === 'SIGKILL';
    if (listeners.size > 0) say(killed ? messages.second : messages.first);
    controller.abort();
    for (const listener of listeners) listener(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  const request = () => {
    if (!controller.signal.aborted) ask();
  };
  const parent = process.ppid;
  const orphanWatch = setInterval(() => {
    if (process.ppid !== parent) request();
  }, 1000);
  orphanWatch.unref();
  return {
    get requested() {
      return controller.signal.aborted;
    },
    signal: controller.signal,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request,
  };
}
