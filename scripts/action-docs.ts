import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { repository } from './build-dist.ts';
import { configFieldTable, otherNamesTable } from './config-docs.ts';
import { markdownTable, withBlock } from './markdown.ts';
import { knownHere } from './workflows/here.ts';
import { interfaceOf } from './workflows/workflow.ts';

interface Described {
  description?: string;
  default?: unknown;
  required?: boolean;
}

/** Returns a Markdown table of an action's inputs or outputs. Pure. */
export function table(
  kind: 'inputs' | 'outputs',
  entries: Readonly<Record<string, Described | null>>,
): string {
  const cell = (text: string) => text.trim().replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const rows = Object.entries(entries).map(([name, one]) => {
    const value = (one?.default ?? '') === '' ? '' : `\`${cell(String(one?.default))}\``;
    const columns = kind === 'inputs' ? [`\`${name}\``, value] : [`\`${name}\``];
    return [...columns, cell(one?.description ?? '')];
  });
  const head = kind === 'inputs' ? ['input', 'default', 'description'] : ['output', 'description'];
  return markdownTable(head, rows);
}

/**
 * Returns a README with new tables between its marks: `<!-- inputs -->` … `<!-- /inputs -->`, or `<!-- plan inputs
 * -->` for the sub-action `plan`. Pure.
 * @param actions the text of each action.yml, by sub-action; '' for the action itself
 * @throws Error for a mark without its end
 */
export function withTables(readme: string, actions: Readonly<Record<string, string>>): string {
  let text = readme;
  for (const [name, source] of Object.entries(actions)) {
    const action = parse(source) as Partial<Record<'inputs' | 'outputs', Record<string, Described | null>>>;
    for (const kind of ['inputs', 'outputs'] as const) {
      text = withBlock(text, `${name} ${kind}`.trim(), table(kind, action[kind] ?? {}));
    }
  }
  return text;
}

/** Returns each action's README as it is (`have`) and as it should be (`want`). */
export function actionReadmes(): { path: string; have: string; want: string }[] {
  const root = join(repository, 'actions');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const sources = files.filter((path) => /^[^/]+(\/[^/]+)?\/action\.yml$/.test(path));
  return files
    .filter((path) => /^[^/]+\/README\.md$/.test(path))
    .map((path) => {
      const folder = path.slice(0, path.indexOf('/') + 1);
      const own = sources.filter((source) => source.startsWith(folder));
      const actions = Object.fromEntries(
        own.map((source) => [
          source.slice(folder.length).replace(/\/?action\.yml$/, ''),
          readFileSync(join(root, source), 'utf8'),
        ]),
      );
      const have = readFileSync(join(root, path), 'utf8');
      return { path: join(root, path), have, want: withTables(have, actions) };
    });
}

/** Returns docs/workflows.md as it is and as it should be. Its marks name the file: `build-packages.yml inputs`. */
export function workflowPage(): { path: string; have: string; want: string } {
  const path = join(repository, 'docs', 'workflows.md');
  const have = readFileSync(path, 'utf8');
  let want = have;
  for (const [file, workflow] of knownHere().workflows) {
    const { inputs, outputs } = interfaceOf(workflow) ?? { inputs: {}, outputs: {} };
    want = withBlock(want, `${file} inputs`, table('inputs', inputs));
    want = withBlock(want, `${file} outputs`, table('outputs', outputs));
  }
  return { path, have, want: withExamples(want) };
}

/** The folders of workflows that documents show: those that `make init` writes, and others. */
const exampleFolders = ['examples/new-repository/.github/workflows', 'examples/workflows'];

/** Returns the paths of all workflows that documents show, relative to the checkout. */
export function exampleWorkflows(): string[] {
  return exampleFolders.flatMap((folder) =>
    readdirSync(join(repository, folder))
      .sort()
      .map((file) => join(folder, file)),
  );
}

/** Returns a text with new workflows between its marks, which name their files: `<!-- nightly.yml -->`. */
function withExamples(text: string): string {
  return exampleWorkflows().reduce((before, path) => {
    const yaml = readFileSync(join(repository, path), 'utf8');
    return withBlock(before, basename(path), `\n\`\`\`yaml\n${yaml}\`\`\`\n`);
  }, text);
}

/** Returns docs/example-workflows.md as it is and as it should be. */
export function examplePage(): { path: string; have: string; want: string } {
  const path = join(repository, 'docs', 'example-workflows.md');
  const have = readFileSync(path, 'utf8');
  return { path, have, want: withExamples(have) };
}

/** Returns docs/coming-from-azure-linux.md as it is and as it should be. */
export function comparisonPage(): { path: string; have: string; want: string } {
  const path = join(repository, 'docs', 'coming-from-azure-linux.md');
  const have = readFileSync(path, 'utf8');
  let want = withBlock(have, 'image config', configFieldTable());
  for (const kind of ['variables', 'targets'] as const)
    want = withBlock(want, `other ${kind}`, otherNamesTable(kind));
  return { path, have, want };
}

/** Returns all pages with parts that are written from other files, as they are and as they should be. */
export function allPages(): { path: string; have: string; want: string }[] {
  return [...actionReadmes(), workflowPage(), examplePage(), comparisonPage()];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, have, want } of allPages()) if (have !== want) writeFileSync(path, want);
}
