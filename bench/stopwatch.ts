import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A part of a run. It begins with the first line that `begins` matches and ends with the next part. */
export interface Part {
  name: string;
  begins: RegExp;
}

/** A line of output, and the seconds from the start of the run until it. */
export interface Stamped {
  line: string;
  seconds: number;
}

/** The seconds of a whole run and of each of its parts. */
export interface Lap {
  seconds: number;
  parts: Record<string, number>;
}

/**
 * Divides a run by the lines that it printed; a name that stands for several parts gets their sum. What comes before
 * the first part is `start`. Pure.
 * @throws Error when a part never began: then its line has another wording now.
 */
export function divide(lines: readonly Stamped[], parts: readonly Part[], seconds: number): Lap {
  let from = 0;
  const starts = parts.map(({ name, begins }) => {
    const at = lines.findIndex(({ line }, index) => index >= from && begins.test(line));
    if (at === -1) throw new Error(`'${name}' never began: no line matches ${begins}`);
    from = at;
    return { name, seconds: (lines[at] as Stamped).seconds };
  });
  const all = [{ name: 'start', seconds: 0 }, ...starts];
  const sums: Record<string, number> = {};
  all.forEach(({ name, seconds: began }, index) => {
    const ended = all[index + 1]?.seconds ?? seconds;
    sums[name] = rounded((sums[name] ?? 0) + ended - began);
  });
  return { seconds: rounded(seconds), parts: sums };
}

/** Rounds to a hundredth. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Returns the median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Runs a command, shows its output, and returns it with the time of each line. @throws Error when it fails */
export async function stamped(
  argv: readonly string[],
  cwd: string,
): Promise<{ lines: Stamped[]; seconds: number }> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const child = spawn(argv[0] as string, argv.slice(1), { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Stamped[] = [];
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push({ line, seconds: seconds() });
    console.log(`  ${line}`);
  }
  const ended = await code;
  if (ended !== 0) throw new Error(`${argv.join(' ')} ended with ${ended}`);
  return { lines, seconds: seconds() };
}
