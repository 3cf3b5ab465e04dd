import { describe, expect, it } from 'vitest';
import { longSentences, sentences, weakOpenings } from '../../support/prose-rules.ts';
import { readSource, readSources, readTexts } from '../../support/source-code.ts';

const documents = ['docs/**/*.md', '*.md', 'actions/*/README.md'];

describe('prose', () => {
  it('has sentences of fewer than 30 words in its documents', () => {
    const found = [...readTexts(...documents)].flatMap(([path, text]) => longSentences(path, text, 30));
    expect(found).toEqual([]);
  });

  it('says first what a thing is or does in doc comments', () => {
    const found = [...readSources('{src,actions/*/src,cli/src}/**/*.ts')].flatMap(([path, source]) =>
      weakOpenings(path, source),
    );
    expect(found).toEqual([]);
  });
});

describe('the checks of prose', () => {
  const long = Array.from({ length: 30 }, (_, index) => `w${index}`).join(' ');
  const shorter = long.replace(' w29', '');

  it.each([
    ['a paragraph', `${long}.`, 1],
    ['a sentence over two lines', `One.\n\n${long.replace(' w9 ', ' w9\n')}.`, 1],
    ['a list item', `- Short.\n- ${long}.\n- Short.`, 1],
    ['a numbered item', `1. ${long}.`, 1],
    ['a heading', `# ${long}\nText.`, 1],
    ['a quotation', `> ${long}`, 1],
    ['a cell of a table', `| a | ${long} |\n| --- | --- |`, 1],
    ['the second sentence of a paragraph', `Short. ${long}! Short?`, 1],
    ['a sentence in bold', `**${long}.** Short.`, 1],
    ['nothing in two shorter sentences', `${shorter}. ${shorter}.`, 0],
    ['nothing in two items', `- ${shorter}\n- ${shorter}`, 0],
    ['nothing in two cells', `| ${shorter} | ${shorter} |`, 0],
    ['nothing in a block of code', `\`\`\`\n${long}\n\`\`\`\nShort.`, 0],
    ['nothing in indented code', `Text:\n\n    ${long}\n`, 0],
    ['nothing in inline code, which is one word', `A \`${long}\` b.`, 0],
    ['nothing in the address of a link', `[a b](https://x.example/${long.replaceAll(' ', '/')})`, 0],
    ['nothing in marks', `<!-- ${long} -->`, 0],
  ])('find %s', (_, markdown, count) => {
    expect(longSentences('a.md', markdown, 30)).toHaveLength(count);
  });

  it('name line, length and beginning', () => {
    expect(longSentences('a.md', `One.\n\nTwo. ${long}.`, 30)).toEqual([
      expect.stringMatching(/^a\.md:3: 30 words: w0 w1/),
    ]);
    expect(sentences('One `a. b` c. Two [d. e](f).').map(({ text }) => text)).toEqual([
      'One code c.',
      'Two d.',
      'e.',
    ]);
  });

  it.each([
    ['/** What it is. */', 1],
    ['/** Answers the question. */', 1],
    ['/**\n * Whether it is.\n */', 1],
    ['/** Returns what it is. */', 0],
    ['/** Whatever is left. */', 0],
    ['// What it is.', 0],
    ['/* What it is. */', 0],
  ])('judge the opening of %j', (comment, count) => {
    expect(weakOpenings('a.ts', readSource(`${comment}\nconst a = 1;`))).toHaveLength(count);
  });
});
