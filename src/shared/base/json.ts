import { type Problem, ProblemsError } from './problems.ts';

/** Parses a JSON text that a user wrote. @throws ProblemsError with `file`, line and column of the first error */
export function parseUserJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new ProblemsError([jsonProblem(text.replace(/^\uFEFF/, ''), file)]);
  }
}

/** Returns the first error of a text that is not JSON. V8's messages differ between versions and may lack the position. */
export function jsonProblem(text: string, file: string): Problem {
  const token =
    /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/uy;
  const open: string[] = [];
  let expect: 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'end' = 'value';
  let at = 0;
  const done = () => (open.length === 0 ? 'end' : 'commaOrEnd');
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    const start = at + (/^[\t\n\r ]*/.exec(text.slice(at))?.[0].length ?? 0);
    if (match === null) return syntaxProblem(text, start, file, expect, open);
    const [, mark, quoted] = match;
    at = token.lastIndex;
    if ((expect === 'key' || expect === 'keyOrEnd') && quoted !== undefined) expect = 'colon';
    else if (expect === 'colon' && mark === ':') expect = 'value';
    else if (expect === 'commaOrEnd' && mark === ',') expect = open.at(-1) === '{' ? 'key' : 'value';
    else if ((mark === '}' || mark === ']') && closes(mark, open.at(-1), expect)) {
      open.pop();
      expect = done();
    } else if ((expect === 'value' || expect === 'valueOrEnd') && (mark === '{' || mark === '[')) {
      open.push(mark);
      expect = mark === '{' ? 'keyOrEnd' : 'valueOrEnd';
    } else if ((expect === 'value' || expect === 'valueOrEnd') && mark === undefined) expect = done();
    else return syntaxProblem(text, start, file, expect, open);
  }
}

function closes(mark: string, opened: string | undefined, expect: string): boolean {
  if (mark === '}') return opened === '{' && (expect === 'commaOrEnd' || expect === 'keyOrEnd');
  return opened === '[' && (expect === 'commaOrEnd' || expect === 'valueOrEnd');
}

function syntaxProblem(text: string, at: number, file: string, expect: string, open: string[]): Problem {
  const before = text.slice(0, at).split('\n');
  const end = open.at(-1) === '{' ? "'}'" : "']'";
  const wanted: Record<string, string> = {
    value: 'a value',
    valueOrEnd: "a value or ']'",
    key: 'a name in double quotes',
    keyOrEnd: "a name in double quotes or '}'",
    colon: "':'",
    commaOrEnd: `',' or ${end}`,
    end: 'nothing more',
  };
  const found =
    at >= text.length ? 'the text ends' : `found ${JSON.stringify(text.slice(at, at + 12).split('\n')[0])}`;
  return {
    message: `This is not JSON: expected ${wanted[expect]}, but ${found}`,
    file,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}
