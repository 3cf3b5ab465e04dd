/** The signals of this process, for whoever works on its behalf. */
export interface Stop {
  /** True once a signal came. */
  readonly asked: boolean;
  /** Aborts at the first signal: for work in this process. */
  readonly signal: AbortSignal;
  /** Calls `listener` for each signal to hand on; answers how to take it back. */
  listen(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Stops as Ctrl-C would. */
  now(): void;
}

/**
 * Ctrl-C (also SIGTERM, SIGHUP, and the end of the process that started us) asks for an orderly end; a second one
 * kills.
 */
export function watchSignals(): Stop {
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const controller = new AbortController();
  let killed = false;
  const ask = () => {
    const signal = controller.signal.aborted ? 'SIGKILL' : 'SIGINT';
    // What was killed still has to be seen to its end; who asks once more does not want to wait for that.
    if (killed || (signal === 'SIGKILL' && listeners.size === 0)) process.exit(130);
    killed = signal === 'SIGKILL';
    controller.abort();
    for (const listener of listeners) listener(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  const parent = process.ppid;
  const orphanWatch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(orphanWatch);
    if (!controller.signal.aborted) ask();
  }, 1000);
  orphanWatch.unref();
  return {
    get asked() {
      return controller.signal.aborted;
    },
    signal: controller.signal,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: () => {
      if (!controller.signal.aborted) ask();
    },
  };
}
