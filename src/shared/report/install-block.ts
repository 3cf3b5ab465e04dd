import { shellWord } from '../base/shell-word.ts';
import { collapsed, fenced } from './page.ts';
import { downloadCommand, type PublishedRun } from './published-run.ts';

/** The name of the repository in commands of dnf. */
const id = 'azl';

/** Returns a text as a shell's here-document holds it, in which `$PWD` is to be expanded, on one line. */
function inDocument(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\$`]/g, '\\$&');
}

/** Writes how RPMs of a run's repository are installed: once, or from a `.repo` file. Pure. */
export function installBlock(published: PublishedRun): string {
  const { artifact, repository, run } = published;
  const folder = `"$PWD"/${shellWord(artifact)}`;
  const once = `sudo dnf --repofrompath ${id},${folder} --setopt=${id}.gpgcheck=0 install <packages>`;
  const file = [
    `sudo tee /etc/yum.repos.d/${id}.repo <<END`,
    `[${id}]`,
    `name=${inDocument(repository)}, run ${inDocument(run)}`,
    // An address ends at a blank, so a name is encoded in it.
    `baseurl=file://$PWD/${encodeURIComponent(artifact)}`,
    'gpgcheck=0',
    'END',
  ];
  const parts = [
    'Download the repository, then install packages from it once:',
    fenced([downloadCommand(published), once], 'sh'),
    'Or let dnf find it from now on. Behind a web server, its address takes the place of `file://…`:',
    fenced(file, 'sh'),
  ];
  return collapsed('How to install from this repository', parts.join('\n\n'));
}
