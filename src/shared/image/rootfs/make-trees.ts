import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { counted } from '../../base/counted.ts';
import { lastLines } from '../../base/last-lines.ts';
import type { Log } from '../../base/log.ts';
import { problem } from '../../base/problems.ts';
import { LimitError } from '../../host/limit-error.ts';
import { ToolError } from '../../host/process.ts';
import type { Rpm } from '../../model/rpm.ts';
import { nevra } from '../../rpm/version.ts';
import { limitsOf } from '../../sandbox/limits.ts';
import { showRpmWarnings } from '../../sandbox/rpm-warnings.ts';
import {
  installedDifference,
  rpmBinds,
  rpmPaths,
  TransactionError,
  transact,
} from '../../sandbox/transaction.ts';
import { copyNamedFile, type NamedFile } from '../config/named-file-reader.ts';
import type { NamedFiles } from '../config/named-files.ts';
import { fullPlace } from '../disk/full-disk.ts';
import type { Trees } from '../disk/trees.ts';
import { asProblem } from './failed-program.ts';
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
 * makes initramfs and boot loader, and splits it by mount point. The files belong to root. The image's programs see the
 * image's root alone; rpm and the helpers run in overlays of the worker, each of its own. Nothing here opens the trees.
 * @throws ProblemsError for a mistake in config, scripts or packages
 */
export async function makeTrees(options: TreeOptions): Promise<Trees> {
  const { manifest, named, progress } = options;
  const root = await openImageRoot(options);
  progress(`installing ${counted(options.rpms.length, 'package')}`);
  await install(options, root);
  await runPrograms(manifest.first, root, options);
  progress('configuring');
  const sources = (await copies(named.additional, 'additional', options)).map((source, index) => ({
    source,
    target: `/azl/files/${index}`,
  }));
  const { texts, groups, users } = manifest;
  const files = manifest.files.map((one, index) => ({ ...one, source: sources[index]?.target }));
  await root.help('configure.py', { texts, groups, users, files }, [root.bind(true), ...sources]);
  await runScripts(manifest.postInstall, named.postInstall, 'PostInstallScripts', root, options);
  await runPrograms(manifest.boot, root, options);
  await runScripts(manifest.finalize, named.finalize, 'FinalizeImageScripts', root, options);
  progress('cleaning up');
  const { parts: fat = {}, entries = {} } = await root.help('finish.py', { parts: manifest.parts }, [
    root.bindAll,
  ]);
  return { dir: root.trees, fat, entries };
}

async function install({ rpms, file, manifest, log, signal }: TreeOptions, root: ImageRoot): Promise<void> {
  const dirs = new Map<string, string[]>();
  for (const { path } of rpms) {
    const dir = dirname(path);
    dirs.set(dir, [...(dirs.get(dir) ?? []), basename(path)]);
  }
  const rpmDirs = [...dirs].map(([dir, files]) => ({ dir, files }));
  try {
    const { warnings } = await root.inWorker((worker) =>
      transact({
        ...{ root: worker, into: innerRoot, binds: [root.bind(true)], signal },
        ...{ rpmDirs, remove: [], sourceDateEpoch: manifest.epoch, limits: limitsOf('image transaction') },
      }),
    );
    showRpmWarnings(log, 'the image', warnings);
  } catch (error) {
    if (error instanceof LimitError) throw problem(error.message, { file });
    if (!(error instanceof TransactionError) || fullPlace(error.message) === 'host') throw error;
    const reason = `${error.problems.join('; ')}\n${lastLines(error.output, 12)}`.trimEnd();
    const files = new Map(rpms.map(({ rpm, path }) => [basename(path), rpm.file]));
    // An RPM of a repository is named by its digest.
    const shown = reason.replace(/[0-9a-f]{64}\.rpm/g, (name) => files.get(name) ?? name);
    throw problem(`The packages cannot be installed together: ${shown}`, { file });
  }
  const { installed = [], expected = [] } = await root.help('installed.py', { rpms: rpmPaths(rpmDirs) }, [
    root.bind(false),
    ...rpmBinds(rpmDirs),
  ]);
  const names = expected.map((one) => one.slice(0, one.lastIndexOf(' ')));
  const planned = rpms.map(({ rpm }) => nevra(rpm));
  const difference = installedDifference(names, planned) ?? installedDifference(installed, expected);
  if (difference !== undefined) throw problem(`The image is not what was installed: ${difference}`, { file });
}

async function runPrograms(
  programs: readonly Program[],
  root: ImageRoot,
  { file, progress, rpms }: TreeOptions,
): Promise<void> {
  for (const { does, argv } of programs) {
    progress(does);
    await root.run(argv, 'image program').catch((error: unknown) => {
      const isFull = error instanceof ToolError && fullPlace(error.stderr) === 'host';
      throw isFull ? error : asProblem(error, `the image's '${argv[0]}'`, { file }, rpms);
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
  const { file, progress, rpms } = options;
  const sources = await copies(files, key, options);
  for (const [index, { argv, target }] of scripts.entries()) {
    const { name } = files[index] as NamedFile;
    const source = sources[index] as string;
    progress(`running ${name}`);
    await root.run(argv, 'image script', [{ source, target }]).catch((error: unknown) => {
      const place = { file, path: `$.SystemConfigs[0].${key}[${index}]` };
      throw asProblem(error, `script '${name}'`, place, rpms);
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
