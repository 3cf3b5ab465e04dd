import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { newTurn } from '../base/turns.ts';
import { type HeaderText, headerTexts } from '../rpm/header-texts.ts';
import { readMainHeader } from '../rpm/read.ts';
import {
  isEscaped,
  lineOfMacro,
  unexpandedInDescription,
  unexpandedInName,
  unexpandedInScriptlet,
} from '../specs/unexpanded.ts';

/** Texts between two looks at the clock. */
const inARow = 256;
/** The most problems of one spec that are shown, and for an RPM how many suspects are looked up in the spec. */
const most = { shown: 20, lookedUp: 500 };

/**
 * Checks the texts in the headers of RPMs that were built: control characters, and macros that stayed unexpanded.
 * @param specFile the staged spec
 * @param shown its path, as the user wrote it
 * @throws ProblemsError with each problem once, whatever the number of RPMs that have it
 */
export async function checkTexts(
  dir: string,
  files: readonly string[],
  specFile: string,
  shown: string,
): Promise<void> {
  const spec = await readFile(specFile, 'utf8');
  const found = new Map<string, Problem>();
  const turn = newTurn();
  for (const file of files) {
    const looks = { left: most.lookedUp };
    for (const texts of headerTexts(await readMainHeader(join(dir, file)))) {
      for (let at = 0; at < texts.length; at += inARow) {
        await turn();
        for (const problem of problemsOfTexts(file, texts.slice(at, at + inARow), spec, looks)) {
          const same = `${problem.line} ${problem.message.replaceAll(file, '')}`;
          if (!found.has(same)) found.set(same, { ...problem, file: shown });
        }
      }
    }
  }
  if (found.size > 0) throw new ProblemsError([...found.values()].slice(0, most.shown));
}

/**
 * Returns the problems of texts of one RPM. Pure.
 * @param spec text of its spec
 * @param looks how many suspects may still be looked up in it; counted down
 */
export function problemsOfTexts(
  rpm: string,
  texts: readonly HeaderText[],
  spec: string,
  looks = { left: most.lookedUp },
): Problem[] {
  const problems: Problem[] = [];
  for (const one of texts) {
    const macros = unexpandedIn(one);
    const control = controlProblems(rpm, one, spec);
    looks.left -= macros.length + control.length;
    // A hostile package has a million of them.
    if (looks.left < 0) break;
    problems.push(...control);
    for (const macro of macros.filter((name) => isOwnMistake(name, one, spec)))
      problems.push({
        line: lineOfMacro(spec, macro),
        message: `${one.name} of ${rpm} has the macro ${macro}, which nobody defined`,
        hint: 'Add the package that brings it to BuildRequires, or correct its name. A % of your own is written %%.',
      });
  }
  return problems;
}

/**
 * XML, in which repositories list packages, has no other control characters; createrepo_c leaves such a package out. Names
 * may not have line breaks and tabs either: tools that read lists of names line by line take one for two.
 */
const refused: Partial<Record<HeaderText['kind'], RegExp>> = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
  people: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/,
  name: /[\p{Cc}\ufffe\uffff]/u,
};

function controlProblems(rpm: string, { name, kind, text }: HeaderText, spec: string): Problem[] {
  const at = refused[kind] === undefined ? -1 : text.search(refused[kind]);
  if (at < 0) return [];
  const number = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  const near = text.slice(Math.max(0, at - 20), at + 21);
  return [
    {
      line: lineWith(spec, text, at),
      message: `${name} of ${rpm} has the control character U+${number} in ${JSON.stringify(near)}`,
      hint: 'Remove it: a repository cannot list such a package.',
    },
  ];
}

/** The line, from 1, of a spec that has the character at `at` of a text, and what is around it, or the character alone. */
function lineWith(spec: string, text: string, at: number): number | undefined {
  const lines = spec.split('\n');
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const near = text.slice(Math.max(start, at - 10), at + 1);
  const index = [near, text[at] as string]
    .filter((one) => one !== '\n' && one !== '\t')
    .map((one) => lines.findIndex((line) => line.includes(one)))
    .find((found) => found >= 0);
  return index === undefined ? undefined : index + 1;
}

/** False for a macro in a path or a description that may have come from upstream, and for one that is written with `%%`. */
function isOwnMistake(macro: string, { name }: HeaderText, spec: string): boolean {
  if (isEscaped(spec, macro)) return false;
  return !/^%description$|^a path/.test(name) || lineOfMacro(spec, macro) !== undefined;
}

/** The macros that stayed unexpanded in a text. */
function unexpandedIn({ name, kind, text, program }: HeaderText): string[] {
  if (kind === 'scriptlet') return unexpandedInScriptlet(text, program);
  if (kind === 'name') return unexpandedInName(text);
  return name === '%description' ? unexpandedInDescription(text) : [];
}
