import { plainLine, plainText } from '../../src/shared/base/plain-line.ts';
import type { OutputLine } from './workflow-commands.ts';

/** The output of a screen: `process.stdout`, or a test's array. */
export interface Surface {
  write(text: string): unknown;
}

export interface ScreenOptions {
  out: Surface;
  /** Warnings and errors. */
  err: Surface;
  /** Colours and bold. */
  color: boolean;
  /** Columns of the terminal. Undefined if there is none: then no live line is drawn. */
  width(): number | undefined;
  /** Show `::debug::` lines. */
  debug: boolean;
}

/** Shows the output of bundles: permanent lines, and below them one live line. */
export interface Screen {
  /** Prints a permanent line. */
  show(line: OutputLine): void;
  /** Replaces the live line. */
  live(line: string): void;
  /** Removes the live line. */
  clear(): void;
}

const clearLine = '\r\u001b[2K';

/** Cuts a line to `width` - 1 characters: one that fills the last column would wrap. */
export function cut(line: string, width: number): string {
  const characters = [...line];
  if (characters.length < width) return line;
  return `${characters.slice(0, Math.max(0, width - 2)).join('')}…`;
}

/** The text of an annotation, preceded by its file and line unless it begins with the file. Pure. */
export function annotationText(line: Extract<OutputLine, { kind: 'notice' | 'warning' | 'error' }>): string {
  const place = [line.file, line.line, line.column].filter((part) => part !== undefined).join(':');
  const text = place === '' || line.text.startsWith(line.file ?? '') ? line.text : `${place}: ${line.text}`;
  return line.kind === 'notice' ? text : `${line.kind}: ${text}`;
}

/** The text of a debug line: further lines of one message are indented below the first. Pure. */
function debugText(text: string): string {
  return `debug: ${plainText(text).replaceAll('\n', '\n       ')}`;
}

export function createScreen(options: ScreenOptions): Screen {
  let drawn = '';
  const paint = (code: string, text: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const clear = () => {
    if (drawn !== '') options.out.write(clearLine);
  };
  const print = (surface: Surface, text: string) => {
    const live = drawn;
    clear();
    surface.write(`${text}\n`);
    if (live !== '') options.out.write(live);
  };
  return {
    show(line) {
      switch (line.kind) {
        case 'text':
          return print(options.out, plainText(line.text));
        case 'group':
          return print(options.out, paint('1', `==> ${plainText(line.text)}`));
        case 'notice':
          return print(options.out, plainText(annotationText(line)));
        case 'warning':
          return print(options.err, paint('33', plainText(annotationText(line))));
        case 'error':
          return print(options.err, paint('31', plainText(annotationText(line))));
        case 'debug':
          return options.debug ? print(options.out, paint('2', debugText(line.text))) : undefined;
        default:
          return undefined;
      }
    },
    live(line) {
      clear();
      const width = options.width();
      drawn = width === undefined ? '' : cut(plainLine(line), width);
      if (drawn !== '') options.out.write(drawn);
    },
    clear() {
      clear();
      drawn = '';
    },
  };
}
