import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes `files` (path below `dir` → text) with their folders, readable by all. */
export async function writeTree(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
    await chmod(join(dir, path), 0o644);
    for (let folder = join(dir, dirname(path)); folder.length >= dir.length; folder = dirname(folder)) {
      await chmod(folder, 0o755);
    }
  }
}

/** A whole little spec. `tags` goes into the preamble, `rest` behind `%description`. */
export function specText(name: string, tags = '', rest = '%files\n', version = '1', release = '1'): string {
  return [
    `Name: ${name}\nVersion: ${version}\nRelease: ${release}\nSummary: For a test\nLicense: MIT`,
    tags,
    '%description\nFor a test.',
    rest,
  ].join('\n');
}
