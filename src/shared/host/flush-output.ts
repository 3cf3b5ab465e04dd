/**
 * Waits until the readers of standard output and standard error have all that this process wrote, or are gone. A process
 * that exits before loses what does not fit into a pipe.
 */
export async function flushOutput(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(
    streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
}
