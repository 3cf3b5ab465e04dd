import { shellWord } from '../base/shell-word.ts';

/** An artifact that a run published, as its readers find it. */
export interface PublishedRun {
  /** The name of the artifact. */
  artifact: string;
  /** `owner/name`. */
  repository: string;
  run: string;
}

/** Returns the command that downloads an artifact into a folder of its name. Pure. */
export function downloadCommand({ artifact, repository, run }: PublishedRun): string {
  const [id, owner, name] = [run, repository, artifact].map(shellWord);
  return `gh run download ${id} -R ${owner} -n ${name} -D ${name}`;
}
