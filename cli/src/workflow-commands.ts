/** One line of a bundle's output, parsed as GitHub's runner parses it. */
export type OutputLine =
  | { kind: 'text' | 'group' | 'debug'; text: string }
  | { kind: 'notice' | 'warning' | 'error'; text: string; file?: string; line?: string; column?: string }
  | { kind: 'end' | 'hidden' };

/** Commands for the runner alone. */
const hidden = ['add-mask', 'save-state', 'set-output', 'add-matcher', 'remove-matcher', 'echo'];

const unescapeText = (text: string) =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeProperty = (text: string) => unescapeText(text.replaceAll('%3A', ':').replaceAll('%2C', ','));

/**
 * Returns a parser for a bundle's output, line by line: workflow commands (`::name key=value,key=value::text`, as
 * GitHub documents them) and plain text. Between `::stop-commands::token` and `::token::` all lines are text.
 */
export function commandReader(): (line: string) => OutputLine {
  let stopped: string | undefined;
  return (line) => {
    if (stopped !== undefined) {
      if (line !== `::${stopped}::`) return { kind: 'text', text: line };
      stopped = undefined;
      return { kind: 'hidden' };
    }
    const match = /^::([a-z-]+)(?: ([^:]*(?:%3A[^:]*)*))?::(.*)$/s.exec(line);
    if (match === null) return { kind: 'text', text: line };
    const text = unescapeText(match[3] ?? '');
    const properties = Object.fromEntries(
      (match[2] ?? '').split(',').map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, Math.max(at, 0)).trim(), unescapeProperty(pair.slice(at + 1))];
      }),
    );
    switch (match[1]) {
      case 'group':
      case 'debug':
        return { kind: match[1], text };
      case 'endgroup':
        return { kind: 'end' };
      case 'notice':
      case 'warning':
      case 'error': {
        const { file, line, col: column } = properties;
        return { kind: match[1], text, file, line, column };
      }
      case 'stop-commands':
        stopped = match[3] ?? '';
        return { kind: 'hidden' };
      default:
        return hidden.includes(match[1] as string) ? { kind: 'hidden' } : { kind: 'text', text: line };
    }
  };
}
