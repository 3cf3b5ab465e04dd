import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Problem, ProblemsError } from './problems.ts';

/** Parses a JSON text that a user wrote. @throws ProblemsError with `file`, line and column of the first error */
export function parseUserJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new ProblemsError([jsonProblem(text.replace(/^\uFEFF/, ''), file)]);
  }
}

/** The texts for what is expected, by jsonc-parser's name of an error. */
const expectations: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a value or a name in double quotes',
  ValueExpected: 'a value',
  PropertyNameExpected: 'a name in double quotes',
  ColonExpected: "':'",
  CommaExpected: "',' or a closing bracket",
  CloseBraceExpected: "',' or '}'",
  CloseBracketExpected: "',' or ']'",
  EndOfFileExpected: 'nothing more',
  InvalidCommentToken: 'no comment',
  UnexpectedEndOfString: 'a text that ends in its line',
};

/** Returns the first error of a text that is not JSON. V8's messages differ between versions and may lack the position. */
export function jsonProblem(text: string, file: string): Problem {
  const [error] = parseTolerantly(text).errors;
  if (error === undefined) return { message: 'This is not JSON', file };
  const expected = expectations[printParseErrorCode(error.error)] ?? 'a number or a text';
  const rest = JSON.stringify(text.slice(error.offset, error.offset + 12).split('\n')[0]);
  const found = error.offset >= text.length ? 'the text ends' : `found ${rest}`;
  const message = `This is not JSON: expected ${expected}, but ${found}`;
  return { message, file, ...placeOf(error.offset, text) };
}

/** Returns a function that finds the line and column of a JSON path (`$.files["a b"][0]`), or of the nearest value above it. */
export function placesIn(text: string): (path: string) => Place | undefined {
  const { root } = parseTolerantly(text);
  return (path) => {
    if (root === undefined) return undefined;
    let node = root;
    for (const [step] of path.matchAll(/\.[\w-]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\]/g)) {
      const next = childOf(contentOf(node), step);
      if (next === undefined) break;
      node = next;
    }
    return placeOf(node.offset, text);
  };
}

/** Both count from 1. */
type Place = Required<Pick<Problem, 'line' | 'column'>>;

function placeOf(offset: number, text: string): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Returns what can be read of a text, and its errors; neither if it is nested deeper than the stack. */
function parseTolerantly(text: string): { root?: Node | undefined; errors: ParseError[] } {
  const errors: ParseError[] = [];
  try {
    return { root: parseTree(text, errors, { disallowComments: true }), errors };
  } catch (error) {
    if (error instanceof RangeError) return { errors };
    throw error;
  }
}

/** A field's node is `name: value`, so that its place is that of the name. */
function contentOf(node: Node): Node | undefined {
  return node.type === 'property' ? node.children?.[1] : node;
}

/** Returns the item or field that one step of a path leads to. The case of names does not count, as in image configs. */
function childOf(node: Node | undefined, step: string): Node | undefined {
  if (node?.type === 'array') return node.children?.[Number(step.slice(1, -1))];
  const wanted = step.startsWith('.') ? JSON.stringify(step.slice(1)) : step.slice(1, -1);
  const fields = node?.type === 'object' ? (node.children ?? []) : [];
  const named = (name: string, as: (text: string) => string) =>
    fields.find((field) => as(JSON.stringify(field.children?.[0]?.value)) === name);
  return named(wanted, (text) => text) ?? named(wanted.toLowerCase(), (text) => text.toLowerCase());
}
