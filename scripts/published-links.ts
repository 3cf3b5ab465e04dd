import { posix } from 'node:path';

/** Where whoever reads a published tree finds the rest of the files. */
const owner = 'https://github.com/azl';

/**
 * A Markdown file as it is published in a tree: links to files that are in the tree lead there, those to an action lead
 * to its repository, and all others to the checkout's repository. Pure.
 * @param from the file's path in the checkout; it is one of those in `tree`
 * @param tree path in the tree → path in the checkout
 */
export function publishedLinks(text: string, from: string, tree: ReadonlyMap<string, string>): string {
  const places = new Map([...tree].map(([path, source]) => [source, path]));
  const here = posix.dirname(places.get(from) as string);
  return text.replace(/\]\((?![a-z]+:|#)([^()\s#]+)(#[^()\s]*)?\)/g, (_, link: string, part = '') => {
    const target = posix.join(posix.dirname(from), link);
    const place = places.get(target);
    const [, action] = /^actions\/([^/]+)\/?$/.exec(target) ?? [];
    if (place !== undefined) return `](${posix.relative(here, place)}${part})`;
    if (action !== undefined) return `](${owner}/${action}${part})`;
    return `](${owner}/actions/blob/main/${target}${part})`;
  });
}
