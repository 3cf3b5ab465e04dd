import type { Said } from './command-line.ts';

/** Where a screen writes: `process.stdout`, or a test's array. */
export interface Surface {
  write(text: string): unknown;
}

export interface ScreenOptions {
  out: Surface;
  /** Warnings and errors. */
  err: Surface;
  /** Colours and bold. */
  color: boolean;
  /** Columns of the terminal; undefined where there is none, and so no live line. */
  width(): number | undefined;
  /** Show what bundles say for those who look for a fault. */
  debug: boolean;
}

/** Draws what bundles say: lines that stay, and below them one live line that is replaced. */
export interface Screen {
  say(said: Said): void;
  /** Replaces the live line. */
  live(line: string): void;
  /** Takes the live line away. */
  done(): void;
}

const clearLine = '\r\u001b[2K';

/** Text with every control character but tab and newline made visible: a build's log cannot steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\r+(?=\n|$)/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u00b7');
}

/** The first `width` - 1 characters: a line that fills the last column would wrap. */
export function cut(line: string, width: number): string {
  const characters = [...line];
  if (characters.length < width) return line;
  return `${characters.slice(0, Math.max(0, width - 2)).join('')}…`;
}

/** The text of one annotation, with its place in front unless it already says it. Pure. */
export function annotation(said: Extract<Said, { kind: 'notice' | 'warning' | 'error' }>): string {
  const place = [said.file, said.line, said.column].filter((part) => part !== undefined).join(':');
  const text = place === '' || said.text.startsWith(said.file ?? '') ? said.text : `${place}: ${said.text}`;
  return said.kind === 'notice' ? text : `${said.kind}: ${text}`;
}

export function createScreen(options: ScreenOptions): Screen {
  let drawn = '';
  const paint = (code: string, text: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const clear = () => {
    if (drawn !== '') options.out.write(clearLine);
  };
  const draw = (line: string) => {
    const width = options.width();
    drawn = width === undefined ? '' : cut(printable(line), width);
    if (drawn !== '') options.out.write(drawn);
  };
  const print = (surface: Surface, text: string) => {
    const live = drawn;
    clear();
    surface.write(`${text}\n`);
    if (live !== '') options.out.write(live);
  };
  return {
    say(said) {
      switch (said.kind) {
        case 'text':
          return print(options.out, printable(said.text));
        case 'group':
          return print(options.out, paint('1', `==> ${printable(said.text)}`));
        case 'notice':
          return print(options.out, printable(annotation(said)));
        case 'warning':
          return print(options.err, paint('33', printable(annotation(said))));
        case 'error':
          return print(options.err, paint('31', printable(annotation(said))));
        case 'debug':
          return options.debug ? print(options.out, paint('2', `debug: ${printable(said.text)}`)) : undefined;
        default:
          return undefined;
      }
    },
    live(line) {
      clear();
      draw(line);
    },
    done() {
      clear();
      drawn = '';
    },
  };
}
