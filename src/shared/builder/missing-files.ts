import { appendFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { order } from '../base/order.ts';
import { plainLine } from '../base/plain-line.ts';
import { literalPart } from '../graph/file-pattern.ts';
import type { Root } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { topDir } from '../specs/macros/policy.ts';
import { notePrefix } from './cause-lines.ts';
import { readFailure } from './log-failure.ts';

/** `%buildroot` of every build, as the policy's macros set it. */
const buildRoot = `${topDir}/BUILDROOT/root`;

/** Names that a note lists. */
const mostNames = 5;

/** Adds to the log of a failed build, for each file that rpm did not find, what is in the build root under its name. */
export async function noteMissingFiles(root: Root, log: string, signal?: AbortSignal): Promise<void> {
  const { missing } = await readFailure(log);
  if (missing.length === 0) return;
  const options = { root, signal, ok: 'any', timeoutSeconds: 60 } as const;
  const { stdout } = await runInSandbox(['find', buildRoot, '-mindepth', '1', '-print0'], options);
  const installed = stdout.split('\0').map((path) => plainLine(path.slice(buildRoot.length)));
  const notes = missing.map((path) => `${notePrefix}${missingNote(path, installed.filter(Boolean))}\n`);
  await appendFile(log, notes.join(''));
}

/** Returns the note on a path that is not in a build root. Pure. */
export function missingNote(path: string, installed: readonly string[]): string {
  const names = namesakes(path, installed);
  if (names.length === 0) return `${path} is not there, nor anything of that name`;
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return `${path} is not there. Of that name: ${names.slice(0, mostNames).join(', ')}${more}`;
}

/** The paths whose base name is that of `path`, which may be a glob; else but for versions, case and compression. Pure. */
function namesakes(path: string, installed: readonly string[]): string[] {
  const base = posix.basename(path);
  const same = installed.filter((one) => posix.basename(one) === base);
  if (same.length > 0) return same.sort(order);
  const literal = literalPart(base);
  const isGlob = literal !== base;
  if (isGlob && literal.length < 3) return [];
  const wanted = bare(literal);
  const isLike = (name: string) => (isGlob ? bare(name).startsWith(wanted) : bare(name) === wanted);
  return installed.filter((one) => isLike(posix.basename(one))).sort(order);
}

function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.(?:gz|bz2|xz|zst)$/, '')
    .replaceAll(/\d+(?:\.\d+)*/g, '#')
    .replace(/(?<=\.so)\.#$/, '');
}
