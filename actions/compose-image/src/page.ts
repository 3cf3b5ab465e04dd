import { plainLine, type Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import type { Image } from '../../../src/shared/image/manifest/image.ts';
import { failureLines } from '../../../src/shared/image/summary.ts';
import { cut, fenced, pageTable } from '../../../src/shared/report/page.ts';

/** How much of a machine's words a page shows. */
const cuts = { lines: 40, line: 300, cell: 200, rows: 100 };

/** An image on its job's page. `line`: how it came about. Pure. */
export function imagePage(image: Pick<Image, 'name' | 'files'>, line: string): string {
  const rows = image.files.map(({ file, size, sha256 }) => [file, String(size), sha256]);
  return `### ${image.name}\n\n${line}\n\n${pageTable(['file', 'bytes', 'SHA-256'], rows, cuts)}\n`;
}

/**
 * An image that failed its boot test on its job's page: what the failed units said, else what the machine said last. Pure.
 * @param serial the log of the machine's console; `artifact` is empty where none holds it
 */
export function failedImagePage(
  name: string,
  verdict: Verdict,
  serial: { file: string; artifact: string; text: string },
): string {
  const units = failureLines(verdict).slice(0, cuts.lines);
  const last = serial.text.split('\n').map(plainLine).filter(Boolean).slice(-cuts.lines);
  const shown = (units.length > 0 ? units : last).map((line) => line.slice(0, cuts.line));
  return [
    `### ✗ ${name}: boot test failed`,
    `${cut(verdict.reason, cuts)}. After ${Math.round(verdict.seconds)} s (${verdict.acceleration}).`,
    ...(shown.length > 0 ? [fenced(shown)] : []),
    ...(serial.artifact === ''
      ? []
      : [`All that it said: \`${serial.file}\` in the artifact \`${serial.artifact}\`.`]),
    '',
  ].join('\n\n');
}
