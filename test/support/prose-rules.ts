import type { Located, SourceCode } from './source-code.ts';

/** A block of text that no sentence leaves: a paragraph, a list item, a heading, or a cell of a table. */
function blocks(markdown: string): Located[] {
  const found: Located[] = [];
  let inCode = false;
  let open: Located | undefined;
  for (const [index, raw] of markdown.split('\n').entries()) {
    const text = raw.trim();
    if (text.startsWith('```')) inCode = !inCode;
    const isCode = inCode || text.startsWith('```') || /^( {4}|\t)\S/.test(raw);
    if (isCode || text === '' || /^<.*>$/.test(text)) {
      open = undefined;
      continue;
    }
    const line = index + 1;
    if (text.startsWith('|')) {
      open = undefined;
      found.push(...text.split(/(?<!\\)\|/).map((cell) => ({ text: cell.trim(), line })));
      continue;
    }
    const begins = /^([-*+]|\d+\.|#+|>)\s+/.exec(text);
    if (open === undefined || begins !== null) {
      open = { text: begins === null ? text : text.slice(begins[0].length), line };
      found.push(open);
    } else open.text += ` ${text}`;
    if (text.startsWith('#')) open = undefined;
  }
  return found;
}

/** The sentences of a document, code blocks left out; inline code counts as one word. */
export function sentences(markdown: string): Located[] {
  return blocks(markdown).flatMap(({ text, line }) =>
    text
      .replace(/`[^`]*`/g, 'code')
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/\*\*|__/g, '')
      .split(/(?<=[.!?][)"']?)\s+/)
      .filter((sentence) => sentence !== '')
      .map((sentence) => ({ text: sentence, line })),
  );
}

const wordCount = (sentence: string) =>
  sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** Every sentence of a document with `limit` words or more, as a line for people. */
export function longSentences(path: string, markdown: string, limit: number): string[] {
  return sentences(markdown)
    .filter(({ text }) => wordCount(text) >= limit)
    .map(({ text, line }) => `${path}:${line}: ${wordCount(text)} words: ${text.slice(0, 80)}`);
}

const badOpening = /^\*\s*(\*\s*)?(What|Answers|Whether)\b/;

/** Every doc comment that does not begin with what a thing is or does, as a line for people. */
export function weakOpenings(path: string, { comments }: Pick<SourceCode, 'comments'>): string[] {
  return comments
    .filter(({ doc, text }) => doc && badOpening.test(text))
    .map(
      ({ text, line }) =>
        `${path}:${line}: ${text
          .replace(/\s*\n?\s*\*\s*/g, ' ')
          .trim()
          .slice(0, 80)}`,
    );
}
