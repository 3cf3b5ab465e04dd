/**
 * Macros that rpm left as they were because nobody defines them. A `%` alone proves nothing: `date +%s`, `${x%.*}` and
 * `printf '%s_old'` are shell. Measured on the specs of Azure Linux 3.0 (1,540): no scriptlet of theirs is reported without
 * cause.
 */

/** A macro in braces, whose name has at least the three characters that rpm asks for. */
const braced = /%\{[!?]*[A-Za-z_]\w{2,}[^{}\n]*\}?/g;
/** A macro without braces. Letters before its first `_` tell it from a conversion of printf or date and a word: `%s_old`. */
const plain = /%[!?]*(?:_+[A-Za-z]\w{2,}|[A-Za-z][A-Za-z0-9]{2,}_\w+)/g;
/** The same as a command, where no `_` is needed. */
const command = /^\s*%(?:\{[!?]*)?[A-Za-z_]\w{2,}/;
/** `[ "%{_excludedocs}" = 1 ]` asks whether the macro is defined. */
const comparison = /"%\{[!?]*\w+\}"\s*(?:=|!=|-[a-z]+\s)/g;
/** Programs with formats of their own: `curl -w '%{http_code}'`, `rpm -q --qf '%{NAME}'`. */
const withFormats =
  /\b(?:curl|rpm|rpmquery|rpmspec|dnf|tdnf|yum|repoquery|dpkg-query|wget)\b|--(?:printf|format|qf)/;

/**
 * Returns the macros, as written, that stayed unexpanded in a scriptlet, each once. Comments and here-documents are left
 * out. Pure.
 * @param program its interpreter: `/bin/sh`; empty for the shell
 */
export function unexpandedInScriptlet(text: string, program: string): string[] {
  const isShell = program === '' || /\/(?:ba|da|k|z)?sh$/.test(program);
  const lines = isShell ? commandLines(text) : text.split('\n');
  const found = lines.flatMap((line) => {
    const first = command.exec(line)?.[0].trim() ?? '';
    const rest = withFormats.test(line) ? '' : line.replaceAll(comparison, '');
    return [...(first === '' ? [] : [first]), ...named(rest, isShell)];
  });
  return [...new Set(found.map(withoutBraces))];
}

/**
 * Returns the macros that begin a line of a description, each once: such as `%ldconfig_scriptlets`, which would have begun
 * a section of its own. Pure.
 */
export function unexpandedInDescription(text: string): string[] {
  const found = text.split('\n').flatMap((line) => command.exec(line)?.[0].trim() ?? []);
  return [...new Set(found.map(withoutBraces))];
}

/** Returns the macros that stayed unexpanded in a capability or a path, each once. Pure. */
export function unexpandedInName(text: string): string[] {
  return [...new Set(named(text, true).map(withoutBraces))];
}

/** Returns the line, from 1, of the first of `texts`' lines that uses a macro; undefined where none does. Pure. */
export function lineOfMacro(spec: string, macro: string): number | undefined {
  const use = new RegExp(`(?<!%)%\\{?[!?]*${macro.slice(1)}\\b`);
  const at = spec.split('\n').findIndex((line) => use.test(line.replace(/^\s*#.*/, '')));
  return at === -1 ? undefined : at + 1;
}

/** True if a spec writes a macro with `%%`, so that rpm leaves it on purpose. Pure. */
export function isEscaped(spec: string, macro: string): boolean {
  return new RegExp(`%%\\{?[!?]*${macro.slice(1)}\\b`).test(spec);
}

function named(line: string, alsoPlain: boolean): string[] {
  return [...(line.match(braced) ?? []), ...(alsoPlain ? (line.match(plain) ?? []) : [])];
}

/** `%{?name:…}` → `%name`. */
function withoutBraces(macro: string): string {
  return `%${/[A-Za-z_]\w*/.exec(macro)?.[0]}`;
}

/** The lines of a shell script without comments and without here-documents. */
function commandLines(text: string): string[] {
  const lines: string[] = [];
  let end: string | undefined;
  for (const line of text.split('\n')) {
    if (end !== undefined) {
      if (line.replace(/^\t+/, '') === end) end = undefined;
      continue;
    }
    const code = line.replace(/(^|\s)#.*$/s, '$1');
    // `${file%_old}` cuts an end off.
    lines.push(code.replaceAll(/\$\{\w{1,200}%[^}]{0,100}\}/g, ''));
    end = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1/.exec(code)?.[2];
  }
  return lines;
}
