import { counted } from '../../base/counted.ts';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { isDigest, isName } from '../../base/untrusted.ts';
import { bounds } from '../check-toolchain.ts';

/** An RPM that a manifest lists. */
export interface ListedFile {
  /** The name of the RPM's file. */
  file: string;
  /** undefined: the manifest does not say it. */
  sha256: string | undefined;
  /** 1-based. */
  line: number;
}

/** The longest name of a file on Linux. */
const longestName = 255;

const fileForm = /^(?<name>[^-].*)-[^-]+-[^-]+\.(?<arch>[A-Za-z0-9_]+)\.rpm$/;
const hint = 'Each line is the name of an RPM file; a SHA-256 may stand before it, as sha256sum writes it.';

/**
 * Parses a manifest: the name of an RPM file a line, as Azure Linux's are, or a SHA-256 and the name, as sha256sum writes
 * them. Empty lines and those that begin with `#` say nothing. Pure.
 * @param path as the user wrote it
 * @param arch RPM's name of the architecture: RPMs of others are errors
 * @throws ProblemsError with everything that is wrong with it
 */
export function parseManifest(text: string, path: string, arch: string): ListedFile[] {
  const problems: Problem[] = [];
  const found = new Map<string, ListedFile>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const one = listedFile(content, line);
    const before = typeof one === 'string' ? undefined : found.get(rpmNameOf(one.file));
    const error = typeof one === 'string' ? one : (archError(one.file, arch) ?? twice(one, before));
    if (error !== undefined) problems.push({ message: error, file: path, line, hint: hintOf(error) });
    else if (typeof one !== 'string') found.set(rpmNameOf(one.file), one);
  }
  if (problems.length === 0 && found.size === 0)
    problems.push({ message: 'It lists no RPM', file: path, hint });
  if (found.size > bounds.rpms)
    problems.push({
      message: `It lists ${counted(found.size, 'RPM')}, of at most ${bounds.rpms}`,
      file: path,
    });
  failOnProblems(problems);
  return [...found.values()];
}

/** Returns what a line says, or the error in it. */
function listedFile(content: string, line: number): ListedFile | string {
  const { sha256, file } = /^(?:(?<sha256>\S+)[ \t]+\*?)?(?<file>\S+)$/.exec(content)?.groups ?? {};
  if (file === undefined || !isName(file) || file.length > longestName || !fileForm.test(file))
    return `${shown(file ?? content)} is not the name of an RPM file`;
  if (sha256 !== undefined && !isDigest(sha256.toLowerCase())) return `${shown(sha256)} is no SHA-256`;
  return { file, sha256: sha256?.toLowerCase(), line };
}

function archError(file: string, arch: string): string | undefined {
  const own = fileForm.exec(file)?.groups?.['arch'];
  if (own === arch || own === 'noarch') return undefined;
  if (own === 'src' || own === 'nosrc') return `${file} is a source RPM`;
  return `${file} is for ${own}, and this machine is ${arch}`;
}

function twice({ file }: ListedFile, before: ListedFile | undefined): string | undefined {
  if (before === undefined) return undefined;
  const other = before.file === file ? '' : ` as ${before.file}`;
  return `${file} is in line ${before.line}, too${other}`;
}

/** The name of the RPM of a file: a toolchain has one of each. Pure. */
export function rpmNameOf(file: string): string {
  return fileForm.exec(file)?.groups?.['name'] ?? file;
}

function hintOf(error: string): string | undefined {
  return / is (?:not the name|no SHA-256)/.test(error) ? hint : undefined;
}

/** Returns a text of a stranger for people. */
function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Returns a manifest with digests, sorted by name, as {@link parseManifest} reads it and `sha256sum -c` does. Pure. */
export function manifestText(digests: ReadonlyMap<string, string>): string {
  const sorted = [...digests].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([file, digest]) => `${digest}  ${file}\n`).join('');
}
