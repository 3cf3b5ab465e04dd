const top = /^(?:src|test|actions|cli|scripts|bench|docs|examples|\.github|\.ci)\/[\w./-]+$/;

const withoutCode = (markdown: string) => markdown.replace(/^```[\s\S]*?^```$/gm, '');

/** The paths of the repository that a document names as inline code, without placeholders. */
export function namedPaths(markdown: string): string[] {
  const code = [...withoutCode(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text as string);
  return [...new Set(code.filter((text) => top.test(text)))];
}

/** The targets of a document's links to other files, without their anchors. */
export function linkedFiles(markdown: string): string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  const files = links.filter((target) => !/^(https?:|mailto:|#)/.test(target));
  return [...new Set(files.map((target) => target.replace(/#.*$/, '')))];
}

/** The rows of a document's tables, as cells, without heads. */
export function tableRows(markdown: string): string[][] {
  const lines = markdown.split('\n');
  const isRow = (line: string | undefined) => line?.startsWith('|') === true;
  const isRule = (line: string | undefined) => /^\|[ |:-]+\|$/.test(line ?? '');
  return lines
    .filter((line, at) => isRow(line) && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
