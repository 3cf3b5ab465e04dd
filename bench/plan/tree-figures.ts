import { markdownTable } from '../../scripts/markdown.ts';

/** One size of a real tree. Times are wall time in seconds, but for the processor's. */
export interface TreeRow {
  specs: number;
  /** Specs that do not parse. */
  refused: number;
  /** From specs to graph, when nothing is remembered. */
  cold: number;
  /** The processor's time of the same when all is remembered. */
  warmCpu: number;
  /** The same when one spec has changed. */
  oneChanged: number;
  /** The most memory of the process. */
  megabytes: number;
  /** The toolkit's own tools, where they were run. */
  specreader?: number;
  grapher?: number;
}

/** `bench/plan/tree.json` */
export interface TreeResults {
  schema: 'azl/bench-tree';
  version: 1;
  command: string;
  /** The measured commit; with `+`: and changes that were not committed. */
  commit: string;
  machine: string;
  rows: TreeRow[];
}

/** Writes the figures as Markdown. Pure. */
export function treeFigures({ rows, command, commit, machine }: TreeResults): string {
  const seconds = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(2)} s`);
  const head = ['specs', 'cold', 'toolkit', 'times faster', 'warm', 'one changed', 'memory'];
  const lines = rows.map((row) => {
    const { specreader, grapher } = row;
    const theirs = specreader === undefined || grapher === undefined ? undefined : specreader + grapher;
    return [
      ...[String(row.specs), seconds(row.cold), seconds(theirs)],
      theirs === undefined ? '' : (theirs / row.cold).toFixed(1),
      ...[seconds(row.warmCpu), seconds(row.oneChanged), `${row.megabytes} MB`],
    ];
  });
  return [
    markdownTable(head, lines),
    '',
    `Cold: nothing is remembered. Toolkit: its \`specreader\` and \`grapher\`, built from the same checkout, one after the other. Warm: the processor's time when all is remembered. One changed: the time when one spec has changed since. Measured by \`${command}\` at ${commit.slice(0, 12)} on ${machine}, one size after the other in one run.`,
  ].join('\n');
}
