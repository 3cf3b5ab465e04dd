import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Run, Setting } from './setting.ts';

/**
 * Simulates runs, as many at once as there are cores. Each depends on its setting alone.
 * @param onEnd called at the end of each run, with its index in `settings`
 */
export async function simulateAll(
  settings: readonly Setting[],
  onEnd: (at: number, run: Run) => void,
): Promise<Run[]> {
  const runs: Run[] = [];
  const waiting = [...settings.keys()];
  const work = async () => {
    const worker = new Worker(new URL('./simulation-worker.ts', import.meta.url));
    try {
      for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
        worker.postMessage(settings[at]);
        const [run] = (await once(worker, 'message')) as [Run];
        runs[at] = run;
        onEnd(at, run);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return runs;
}
