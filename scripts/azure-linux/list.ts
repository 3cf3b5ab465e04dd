import { failOnProblems, type Problem } from '../../src/shared/base/problems.ts';
import { digest, integer, list, object, type Schema, text } from '../../src/shared/base/schema.ts';
import { InvalidDocumentError, parseDocument } from '../../src/shared/base/validate.ts';

/** A source that Debian ships byte for byte. */
export interface ListedSource {
  /** The base name in the spec. */
  file: string;
  sha256: string;
  suite: string;
  /** The source package of Debian, its version, and the name that the file has there. */
  package: string;
  version: string;
  debianFile: string;
  size: number;
}

/** A spec of the tree, and its remote sources. */
export interface ListedSpec {
  /** The folder of specs: `SPECS`. */
  tree: string;
  /** The name of the spec's file without `.spec`. */
  spec: string;
  sources: ListedSource[];
}

const plainName = text(200, /^[A-Za-z0-9][A-Za-z0-9._+~-]*$/);
const debianName = text(200, /^[a-z0-9][a-z0-9+.-]*$/);

const row: Schema<ListedSpec> = object<ListedSpec>({
  tree: plainName,
  spec: plainName,
  sources: list(
    object<ListedSource>({
      ...{ file: plainName, sha256: digest, suite: debianName, package: debianName },
      ...{ version: text(200, /^[0-9][A-Za-z0-9.+~:-]*$/), debianFile: plainName, size: integer(0, 16e9) },
    }),
    1000,
  ),
});

/**
 * Parses a list of specs: a JSON document a line. Fields that it does not know are ignored. Pure.
 * @throws ProblemsError with all errors
 */
export function parseList(content: string, file: string): ListedSpec[] {
  const problems: Problem[] = [];
  const specs = content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [parseDocument(row, line, file)];
    } catch (error) {
      if (!(error instanceof InvalidDocumentError)) throw error;
      problems.push(...error.problems.map((one) => ({ ...one, file, line: index + 1 })));
      return [];
    }
  });
  failOnProblems(problems);
  return specs;
}

/** Returns the specs with these names, all for none. @throws ProblemsError for names that the list lacks */
export function only(specs: readonly ListedSpec[], names: readonly string[], file: string): ListedSpec[] {
  const known = new Set(specs.map(({ spec }) => spec));
  failOnProblems(
    names
      .filter((name) => !known.has(name))
      .map((name) => ({
        file,
        message: `ONLY names ${name}, which the list lacks`,
        hint: 'Check its spelling.',
      })),
  );
  return names.length === 0 ? [...specs] : specs.filter(({ spec }) => names.includes(spec));
}
