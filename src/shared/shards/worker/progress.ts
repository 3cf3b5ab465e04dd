import { progressLine, secondsToGo } from './progress-line.ts';
import { now, type RunningShard } from './running-shard.ts';

/** Returns the progress of the run in one line. Only a job that builds alone can tell the time to its end. */
export function progressOf({ state, shard, options }: RunningShard): string {
  const { progress, context } = state;
  const ran = new Map([...shard.building].map(([name, { since }]) => [name, now() - since]));
  const running = [...ran]
    .map(([name, seconds]) => ({ name, seconds }))
    .sort((a, b) => b.seconds - a.seconds);
  const { peers, others } = options;
  const isAlone = peers.first === peers.last && others === undefined;
  const open = state.left().map((name) => {
    const priority = context.run.priority.get(name) ?? 0;
    const seconds = ran.get(name);
    return { seconds: state.expected(name), priority, ...(seconds === undefined ? {} : { ran: seconds }) };
  });
  return progressLine({
    done: progress.outcomes.size,
    total: progress.names.size,
    running,
    ready: [...progress.ready.keys()].filter((name) => !ran.has(name)).length,
    ...(isAlone ? { left: secondsToGo(open) } : {}),
  });
}
