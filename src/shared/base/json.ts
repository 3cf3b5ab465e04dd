import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
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
  const place = placeIn(text);
  const { errors, tooDeep } = parseTolerantly(text);
  if (tooDeep !== undefined)
    return {
      message: `This is not JSON: more than ${mostOpen} brackets are open here`,
      file,
      ...place(tooDeep),
    };
  const [error] = errors;
  if (error === undefined) return { message: 'This is not JSON', file };
  const expected = expectations[printParseErrorCode(error.error)] ?? 'a number or a text';
  const rest = JSON.stringify(text.slice(error.offset, error.offset + 12).split('\n')[0]);
  const found = error.offset >= text.length ? 'the text ends' : `found ${rest}`;
  const message = `This is not JSON: expected ${expected}, but ${found}`;
  return { message, file, ...place(error.offset) };
}

/**
 * Returns a function that finds the line and column of a JSON path (`$.files["a b"][0]`), or of the nearest value above it.
 * Of a name that is given twice, it finds the last, whose value counts.
 */
export function placesIn(text: string): (path: string) => Place | undefined {
  const { root } = parseTolerantly(text);
  const place = placeIn(text);
  const fieldOf = fieldFinder();
  return (path) => {
    if (root === undefined) return undefined;
    let node = root;
    for (const [step] of path.matchAll(/\.[\w-]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\]/g)) {
      const content = contentOf(node);
      const next =
        content?.type === 'array' ? content.children?.[Number(step.slice(1, -1))] : fieldOf(content, step);
      if (next === undefined) break;
      node = next;
    }
    return place(node.offset);
  };
}

/** Both count from 1. */
type Place = Required<Pick<Problem, 'line' | 'column'>>;

/** Returns a function that finds the place of an offset. The lines of the text are counted once. */
function placeIn(text: string): (offset: number) => Place {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    let [line, end] = [0, starts.length];
    while (end - line > 1) {
      const middle = (line + end) >> 1;
      if ((starts[middle] as number) <= offset) line = middle;
      else end = middle;
    }
    return { line: line + 1, column: offset - (starts[line] as number) + 1 };
  };
}

/** Brackets that may be open at once where a text cannot be read for its depth. */
const mostOpen = 500;

/** Returns what can be read of a text, and its errors; if it is nested deeper than the stack, the offset of that. */
function parseTolerantly(text: string): { root?: Node | undefined; errors: ParseError[]; tooDeep?: number } {
  const errors: ParseError[] = [];
  try {
    return { root: parseTree(text, errors, { disallowComments: true }), errors };
  } catch (error) {
    if (error instanceof RangeError) return { errors, tooDeep: depthOf(text) };
    throw error;
  }
}

/** The offset of the first bracket beyond those that may be open. */
function depthOf(text: string): number {
  const scanner = createScanner(text, true);
  let open = 0;
  while (open <= mostOpen && scanner.getPosition() < text.length) {
    scanner.scan();
    const found = text[scanner.getTokenOffset()];
    if (found === '[' || found === '{') open++;
    else if (found === ']' || found === '}') open--;
  }
  return scanner.getTokenOffset();
}

/** A field's node is `name: value`, so that its place is that of the name. */
function contentOf(node: Node): Node | undefined {
  return node.type === 'property' ? node.children?.[1] : node;
}

/**
 * Returns a function that finds the field of an object to which a step of a path leads. The case of names does not count,
 * as in image configs. The names of an object are listed once.
 */
function fieldFinder(): (node: Node | undefined, step: string) => Node | undefined {
  const known = new WeakMap<Node, { exact: Map<string, Node>; lower: Map<string, Node> }>();
  const listed = (node: Node) => {
    const named = (node.children ?? []).map(
      (field) => [JSON.stringify(field.children?.[0]?.value), field] as const,
    );
    return {
      exact: new Map(named),
      lower: new Map(named.map(([name, field]) => [name.toLowerCase(), field])),
    };
  };
  return (node, step) => {
    if (node?.type !== 'object') return undefined;
    const fields = known.get(node) ?? listed(node);
    known.set(node, fields);
    const wanted = step.startsWith('.') ? JSON.stringify(step.slice(1)) : step.slice(1, -1);
    return fields.exact.get(wanted) ?? fields.lower.get(wanted.toLowerCase());
  };
}
