import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, bundles, repository, sourcesDigest } from './build-dist.ts';

/** Maximum size of all `dist/` together, in bytes: GitHub downloads it in every job. */
const limitBytes = 12_000_000;

/** Every file below `dir`, as sorted relative paths. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(dir, path)).isFile())
    .sort();
}

/** Compares the committed bundles with those that the sources give. @returns one line for each difference */
export async function staleBundles(): Promise<string[]> {
  const fresh = mkdtempSync(join(tmpdir(), 'azl-dist-'));
  const wrong: string[] = [];
  let bytes = 0;
  try {
    await buildAll(fresh);
    for (const { folder } of bundles()) {
      const [have, want] = [join(repository, folder, 'dist'), join(fresh, folder, 'dist')];
      const present = new Set(filesBelow(have));
      for (const path of filesBelow(want)) {
        const content = readFileSync(join(want, path));
        bytes += content.length;
        if (!present.delete(path)) wrong.push(`${folder}/dist/${path} is missing`);
        else if (!content.equals(readFileSync(join(have, path))))
          wrong.push(`${folder}/dist/${path} differs`);
      }
      if (folder === 'cli') present.delete('sources.sha256');
      for (const path of present) wrong.push(`${folder}/dist/${path} is left over`);
    }
    const stamp = join(repository, 'cli', 'dist', 'sources.sha256');
    if (readFileSync(stamp, 'utf8') !== sourcesDigest()) wrong.push('cli/dist/sources.sha256 is old');
    if (bytes > limitBytes) wrong.push(`dist is ${bytes} bytes in all, more than ${limitBytes}`);
    return wrong;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = await staleBundles();
  if (wrong.length > 0) {
    console.error(`${wrong.join('\n')}\nRun \`make dist\` and commit what it writes.`);
    process.exit(1);
  }
  console.log('The committed bundles are what the sources give.');
}
