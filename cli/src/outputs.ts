/**
 * Reads a file in the format of `GITHUB_OUTPUT`: `name=value`, or `name<<END`, the lines of the value, `END`.
 * @throws Error at any other line, or at a value without its end
 */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    if (line === '') continue;
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')];
    if (heredoc > 0 && (equals < 0 || heredoc < equals)) {
      const end = lines.indexOf(line.slice(heredoc + 2), index + 1);
      if (end < 0) throw new Error(`output '${line.slice(0, heredoc)}' has no end`);
      outputs[line.slice(0, heredoc)] = lines.slice(index + 1, end).join('\n');
      index = end;
    } else if (equals > 0) {
      outputs[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      throw new Error(`not an output: '${line}'`);
    }
  }
  return outputs;
}
