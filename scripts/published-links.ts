import { posix } from 'node:path';

/** The address of the repositories with all other files. */
const owner = 'https://github.com/azl';

/**
 * Returns a Markdown file with links for a published tree. Links to files of the tree are relative, links to an
 * action lead to its repository, all others to the checkout's repository. Pure.
 * @param from the path of the file in the checkout; one of those in `tree`
 * @param tree path in the tree → path in the checkout
 */
export function publishedLinks(text: string, from: string, tree: ReadonlyMap<string, string>): string {
  const pathOf = new Map([...tree].map(([inTree, source]) => [source, inTree]));
  const here = posix.dirname(pathOf.get(from) as string);
  return text.replace(/\]\((?![a-z]+:|#)([^()\s#]+)(#[^()\s]*)?\)/g, (_, link: string, part = '') => {
    const target = posix.join(posix.dirname(from), link);
    const path = pathOf.get(target);
    const [, action] = /^actions\/([^/]+)\/?$/.exec(target) ?? [];
    if (path !== undefined) return `](${posix.relative(here, path)}${part})`;
    if (action !== undefined) return `](${owner}/${action}${part})`;
    return `](${owner}/actions/blob/main/${target}${part})`;
  });
}
