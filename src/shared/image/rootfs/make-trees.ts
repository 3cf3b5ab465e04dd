import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lastLines } from '../../base/last-lines.ts';
import type { Log } from '../../base/log.ts';
import { problem } from '../../base/problems.ts';
import { removeTree } from '../../host/folders.ts';
import { ToolError } from '../../host/process.ts';
import type { Rpm } from '../../model/rpm.ts';
import { nevra } from '../../rpm/version.ts';
import { showRpmWarnings } from '../../sandbox/rpm-warnings.ts';
import { installedDifference, installRpms, TransactionError } from '../../sandbox/transaction.ts';
import { copyNamedFile, type NamedFile } from '../config/named-file-reader.ts';
import type { NamedFiles } from '../config/named-files.ts';
import { fullPlace } from '../disk/full-disk.ts';
import type { Trees } from '../disk/trees.ts';
import { type ImageRoot, openImageRoot, type RootOptions } from './image-root.ts';
import type { Program } from './programs.ts';
import { innerRoot, type Script } from './rootfs-manifest.ts';

export interface TreeOptions extends RootOptions {
  /** The files that the manifest refers to. */
  named: NamedFiles;
  /** All RPMs to install, each with the path of its file. */
  rpms: readonly { rpm: Rpm; path: string }[];
  /** Shows the current step. */
  progress: (does: string) => void;
  log: Log;
}

/**
 * Makes the content of an image: installs its packages into an empty root, configures it, runs the config's scripts,
 * makes initramfs and boot loader, and splits it by mount point. All programs come from worker or image and run in the
 * sandbox. The files belong to root.
 * @throws ProblemsError for a mistake in config, scripts or packages
 */
export async function makeTrees(options: TreeOptions): Promise<Trees> {
  const { manifest, named, workDir, progress } = options;
  const root = await openImageRoot(options);
  progress(`installing ${options.rpms.length} packages`);
  await install(options, root);
  await runPrograms(manifest.first, root, options);
  progress('configuring');
  const sources = (await copies(named.additional, 'additional', options)).map((source, index) => ({
    source,
    target: `/azl/files/${index}`,
  }));
  const { texts, groups, users } = manifest;
  const files = manifest.files.map((one, index) => ({ ...one, source: sources[index]?.target }));
  await root.help('configure.py', { texts, groups, users, files }, sources);
  await runScripts(manifest.postInstall, named.postInstall, 'PostInstallScripts', root, options);
  await runPrograms(manifest.boot, root, options);
  await runScripts(manifest.finalize, named.finalize, 'FinalizeImageScripts', root, options);
  progress('cleaning up');
  const content = await root.help('finish.py', { parts: manifest.parts });
  await removeTree(root.sandbox.overlay);
  return { dir: join(workDir, 'work'), ...content };
}

async function install({ rpms, file, manifest, log, signal }: TreeOptions, root: ImageRoot): Promise<void> {
  const dirs = new Map<string, string[]>();
  for (const { path } of rpms) {
    const dir = dirname(path);
    dirs.set(dir, [...(dirs.get(dir) ?? []), basename(path)]);
  }
  const rpmDirs = [...dirs].map(([dir, files]) => ({ dir, files }));
  try {
    const { installed, warnings } = await installRpms({
      ...{ root: root.sandbox, into: innerRoot, binds: [root.bind], signal },
      ...{ rpmDirs, remove: [], sourceDateEpoch: manifest.epoch },
    });
    showRpmWarnings(log, 'the image', warnings);
    const difference = installedDifference(
      installed,
      rpms.map(({ rpm }) => nevra(rpm)),
    );
    if (difference !== undefined)
      throw problem(`The image is not what was installed: ${difference}`, { file });
  } catch (error) {
    if (!(error instanceof TransactionError) || fullPlace(error.message) === 'host') throw error;
    const reason = `${error.problems.join('; ')}\n${lastLines(error.output, 12)}`.trimEnd();
    throw problem(`The packages cannot be installed together: ${reason}`, { file });
  }
}

async function runPrograms(
  programs: readonly Program[],
  root: ImageRoot,
  { file, progress }: TreeOptions,
): Promise<void> {
  for (const { does, argv } of programs) {
    progress(does);
    await root.run(argv).catch((error: unknown) => {
      const isFull = error instanceof ToolError && fullPlace(error.stderr) === 'host';
      throw isFull ? error : asProblem(error, `the image's '${argv[0]}'`, { file });
    });
  }
}

async function runScripts(
  scripts: readonly Script[],
  files: readonly NamedFile[],
  key: string,
  root: ImageRoot,
  options: TreeOptions,
): Promise<void> {
  const { file, progress } = options;
  const sources = await copies(files, key, options);
  for (const [index, { argv, target }] of scripts.entries()) {
    const { name } = files[index] as NamedFile;
    const source = sources[index] as string;
    progress(`running ${name}`);
    await root.run(argv, [{ source, target: `${innerRoot}${target}` }]).catch((error: unknown) => {
      throw asProblem(error, `script '${name}'`, { file, path: `$.SystemConfigs[0].${key}[${index}]` });
    });
  }
}

/** Copies files that the config names to a folder of their own, and returns the paths. */
async function copies(
  files: readonly NamedFile[],
  folder: string,
  { file, workDir }: TreeOptions,
): Promise<string[]> {
  const dir = join(workDir, 'named', folder);
  await mkdir(dir, { recursive: true });
  const paths = files.map((_, index) => join(dir, String(index)));
  for (const [index, one] of files.entries()) await copyNamedFile(one, paths[index] as string, file);
  return paths;
}

/** Returns a failed program of the image as a problem of the config; any other error as it is. */
function asProblem(error: unknown, program: string, place: { file: string; path?: string }): unknown {
  if (!(error instanceof ToolError)) return error;
  const end = lastLines(`${error.stdout}\n${error.stderr}`, 12);
  return problem(`${program} ended with ${error.code}${end === '' ? '' : `:\n${end}`}`, place);
}
