import { readTexts } from './source-code.ts';

/** A command that a document or a help text shows. */
export interface DocumentedCommand {
  /** As it is typed, without a prompt and a comment. */
  text: string;
  /** `README.md:12` */
  place: string;
}

const programs = [
  'make',
  'gh',
  'dnf',
  'npm',
  'npx',
  'node',
  'git',
  'apt-get',
  'sudo',
  '.ci/run',
  './config.sh',
];

/** The languages of code blocks that hold commands. */
const shellBlocks = ['', 'sh', 'console'];

/** Returns the commands in a Markdown document: lines of code blocks, and inline code. Pure. */
export function commandsIn(path: string, markdown: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = [];
  let block: string | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence !== null) block = block === undefined ? fence[1] : undefined;
    else if (block === undefined)
      for (const [, code] of line.matchAll(/`([^`]+)`/g)) add(code as string, index);
    else if (shellBlocks.includes(block)) add(line.replace(/^\$ /, '').replace(/\s+#.*$/, ''), index);
  }
  return found;

  function add(code: string, index: number): void {
    const text = code.trim();
    if (isCommand(text)) found.push({ text, place: `${path}:${index + 1}` });
  }
}

/** Returns the commands of the help text in a Makefile: `  make image   builds the image`. Pure. */
export function commandsOfHelp(makefile: string): DocumentedCommand[] {
  return makefile.split('\n').flatMap((line, index) => {
    const text = /^ {2}(make [^#]*?)(?: {2,}|$)/.exec(line)?.[1];
    return text === undefined ? [] : [{ text, place: `Makefile:${index + 1}` }];
  });
}

/** True for a text that begins with a program and says what it shall do. A program's name alone is none. */
function isCommand(text: string): boolean {
  const program = programs.find((one) => text === one || text.startsWith(`${one} `));
  return program !== undefined && (text !== program || program === 'make' || program === '.ci/run');
}

/** A command of make by its parts. */
export interface MakeCommand {
  /** `-C`, `-f` and their values. */
  options: string[];
  targets: string[];
  variables: Record<string, string>;
}

/** Returns the parts of a command of make; undefined for another program. Pure. */
export function makeCommandIn(text: string): MakeCommand | undefined {
  const [program, ...words] = shellWords(text);
  if (program !== 'make') return undefined;
  const found: MakeCommand = { options: [], targets: [], variables: {} };
  for (let at = 0; at < words.length; at++) {
    const one = words[at] as string;
    const variable = /^([A-Z_]+)=(.*)$/s.exec(one);
    if (variable !== null) found.variables[variable[1] as string] = variable[2] as string;
    else if (one === '-C' || one === '-f') found.options.push(one, words[++at] ?? '');
    else if (one !== '…') found.targets.push(one);
  }
  return found;
}

/**
 * Returns the form of a command, which commands share that differ only in values and in the place of azl: `make plan
 * SPECS_DIR`. That of another program is its text. Pure.
 */
export function formOf(text: string): string {
  const make = makeCommandIn(text);
  if (make === undefined) return text;
  return ['make', ...make.targets, ...Object.keys(make.variables).sort()].join(' ');
}

/** Splits a line as a shell does: at blanks, but not within quotes, and not within `<a placeholder>`. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s'"<]|'[^']*'|"[^"]*"|<[^>]*>)+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, other) => one ?? other));
}

/** Returns the commands of all documents here and of the help, but not those of the changelog, which tells of the past. */
export function commandsHere(): DocumentedCommand[] {
  const documents = readTexts('*.md', 'docs/**/*.md', 'actions/*/README.md', '.github/**/*.md');
  documents.delete('CHANGELOG.md');
  const help = [...readTexts('Makefile').values()].flatMap(commandsOfHelp);
  return [...help, ...[...documents].flatMap(([path, text]) => commandsIn(path, text))];
}
