import { counted } from '../base/counted.ts';
import { plainLine } from '../base/plain-line.ts';
import type { Verdict } from '../image/boot-test/verdict.ts';
import type { Composed } from '../image/compose-image.ts';
import type { ImageJson } from '../image/manifest/image-json.ts';
import { code, fenced, inlineText, type Link, link, pageTable } from './page.ts';
import { downloadCommand, type PublishedRun } from './published-run.ts';

/** Limits of a machine's output on a page. */
const cuts = { lines: 40, noteLines: 12, line: 300, cell: 200, rows: 100 };

/** Returns one line about an image: made or reused, booted or not. Pure. */
export function verdictLine({ image, reused, verdict, verdictKept }: Composed): string {
  const local = image.packages.filter(({ origin }) => origin === 'local').length;
  const line = `${image.name}: ${reused ? 'reused' : 'made'}, ${counted(image.packages.length, 'package')}, ${local} of them built here`;
  if (verdict === undefined) return `${line}; not booted`;
  if (verdictKept) return `${line}; boot test passed in an earlier run (${Math.round(verdict.seconds)} s)`;
  return `${line}; boot test passed (${Math.round(verdict.seconds)} s, ${verdict.acceleration})`;
}

/** Returns the failed units of a boot with their logs, as lines. Pure. */
export function failureLines(verdict: Verdict): string[] {
  return verdict.failed.flatMap(({ unit, log }) => [`${unit} failed:`, ...log.map((line) => `    ${line}`)]);
}

/** Returns the last lines of a console that say something, as a page and a terminal can show them. Pure. */
export function consoleLines(console: string, count: number): string[] {
  const lines = console.split('\n').map(plainLine).filter(Boolean);
  return lines.slice(-count).map((line) => line.slice(0, cuts.line));
}

/** Returns what an error says of the end of a console. Pure. */
export function consoleNote(console: string): string {
  const lines = consoleLines(console, cuts.noteLines).map((line) => `    ${line}\n`);
  return lines.length === 0
    ? 'Its console showed nothing.\n'
    : `The last lines of its console:\n${lines.join('')}`;
}

/**
 * Returns the summary page of an image, as Markdown. Pure.
 * @param line see {@link verdictLine}
 * @param published the artifact with the image; undefined without one
 */
export function imagePage(
  image: Pick<ImageJson, 'name' | 'files'>,
  line: string,
  published?: Link,
  run?: PublishedRun,
): string {
  const rows = image.files.map(({ file, size, sha256 }) => [file, String(size), sha256]);
  return [
    `### ${inlineText(image.name, cuts)}`,
    inlineText(line, cuts),
    ...(published === undefined ? [] : [`Artifact: ${link(published, cuts, true)}`]),
    pageTable(['file', 'bytes', 'SHA-256'], rows, cuts),
    ...(run === undefined ? [] : [fenced([downloadCommand(run)], 'sh')]),
    '',
  ].join('\n\n');
}

/**
 * Returns the summary page of an image that failed its boot test: the logs of its failed units, or else the last lines
 * of its console. Pure.
 * @param serial the log of the machine's console; without `artifact` none holds it
 */
export function failedImagePage(
  name: string,
  verdict: Verdict,
  serial: Record<'file' | 'text', string> & { artifact?: Link | undefined },
): string {
  const units = failureLines(verdict).slice(0, cuts.lines);
  const shown =
    units.length > 0 ? units.map((line) => line.slice(0, cuts.line)) : consoleLines(serial.text, cuts.lines);
  return [
    `### ✗ ${inlineText(name, cuts)}: boot test failed`,
    `${inlineText(verdict.reason, cuts)}. After ${Math.round(verdict.seconds)} s (${verdict.acceleration}).`,
    ...(shown.length > 0 ? [fenced(shown)] : []),
    ...(serial.artifact === undefined
      ? []
      : [`Complete serial log: ${code(serial.file)} in the artifact ${link(serial.artifact, cuts, true)}.`]),
    '',
  ].join('\n\n');
}
