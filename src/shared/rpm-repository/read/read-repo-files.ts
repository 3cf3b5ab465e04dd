import { failOnProblems, type Problem, ProblemsError } from '../../base/problems.ts';
import { readUserFile } from '../../host/files.ts';
import { parseRepoFile, type Repository } from './repo-file.ts';

/**
 * Reads the enabled repositories of `.repo` files, in order.
 * @param files paths, as the user wrote them
 * @throws ProblemsError with everything that is wrong with any of them
 */
export async function readRepoFiles(
  files: readonly string[],
  { releasever, arch }: { releasever: string; arch: string },
): Promise<Repository[]> {
  const variables = { releasever, basearch: arch, arch };
  const problems: Problem[] = [];
  const repositories: Repository[] = [];
  for (const file of files) {
    const text = await readUserFile(file, 'This .repo file').catch((error: unknown) => {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    });
    if (text === undefined) continue;
    const read = parseRepoFile(text, file, variables);
    problems.push(...read.problems);
    for (const one of read.repositories) {
      const other = repositories.find(({ id }) => id === one.id);
      if (other === undefined) repositories.push(one);
      else {
        const message = `The repository '${one.id}' is in ${other.file}, too`;
        problems.push({ message, file, line: one.line });
      }
    }
  }
  failOnProblems(problems);
  return repositories;
}
