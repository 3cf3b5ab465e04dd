import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines } from '../../base/last-lines.ts';
import { problem } from '../../base/problems.ts';
import { removeTree } from '../../host/folders.ts';
import { ToolError } from '../../host/process.ts';
import type { Rpm } from '../../model/rpm.ts';
import { type Bind, createOverlay, runInSandbox } from '../../sandbox/sandbox.ts';
import { installRpms, TransactionError } from '../../sandbox/transaction.ts';
import type { NamedFile, NamedFiles } from '../config/named-files.ts';
import { fullPlace } from '../disk/full-disk.ts';
import type { Program } from '../manifest/programs.ts';
import { innerRoot, type RootfsManifest, type Script } from '../manifest/rootfs.ts';

export interface RootOptions {
  blueprint: RootfsManifest;
  /** The files that it speaks of. */
  named: NamedFiles;
  /** The config's path, for messages. */
  file: string;
  /** Everything to install, with the folder that holds each file. */
  rpms: readonly { rpm: Rpm; dir: string }[];
  /** Tree of the worker. */
  worker: string;
  /** A folder of ours that does not exist yet; removed by the caller with {@link removeTree}. */
  workDir: string;
  /** Told what is done at each step. */
  progress: (does: string) => void;
  signal?: AbortSignal;
}

/** A file or folder of a FAT filesystem. */
export interface FatEntry {
  path: string;
  folder: boolean;
}

/** The trees of an image: what its filesystems shall hold. */
export interface Trees {
  /** Holds the tree of each partition, in a folder named by `treeOf`. */
  dir: string;
  /** What lies in FAT trees, by partition id. */
  fat: Record<string, FatEntry[]>;
}

/**
 * Makes the content of an image: installs its packages into an empty root, configures it, runs the config's scripts,
 * makes initramfs and boot loader, and parts it by mount point. Everything that is run comes from worker or image, in
 * the sandbox; the files belong to root.
 * @throws ProblemsError for what the user can hint
 */
export async function makeTrees(options: RootOptions): Promise<Trees> {
  const { blueprint, named, workDir, progress, file } = options;
  const { epoch } = blueprint;
  await mkdir(join(workDir, 'work', 'root'), { recursive: true });
  await mkdir(join(workDir, 'run'));
  const overlay = await createOverlay(join(workDir, 'overlay'));
  const root = { worker: options.worker, overlay };
  const room: Bind = { source: join(workDir, 'work'), target: '/work', writable: true };
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const enter = { root, as: 'root' as const, env: blueprint.environment, ...signal };

  const help = async (helper: string, request: object, binds: Bind[] = []) => {
    for (const [name, text] of Object.entries(blueprint.helpers))
      await writeFile(join(workDir, 'run', name), text);
    const { emptied, cleared, litter } = blueprint;
    const whole = { root: innerRoot, epoch, emptied, cleared, litter, ...request };
    await writeFile(join(workDir, 'run', 'request.json'), JSON.stringify(whole));
    const run: Bind = { source: join(workDir, 'run'), target: '/azl/run' };
    const argv = ['/usr/bin/python3', '-IB', `/azl/run/${helper}`, '/azl/run/request.json'];
    const { stdout } = await runInSandbox(argv, { ...enter, binds: [room, run, ...binds] });
    const answer = JSON.parse(stdout) as { refused?: string; parts?: Record<string, FatEntry[]> };
    if (answer.refused !== undefined) throw problem(answer.refused, { file });
    return answer;
  };
  const inside = async (argv: readonly string[], binds: Bind[] = []) =>
    await runInSandbox(['chroot', innerRoot, ...argv], {
      ...enter,
      binds: [room, ...binds],
      inner: [innerRoot],
    });
  const runPrograms = async (programs: readonly Program[]) => {
    for (const { does, argv } of programs) {
      progress(does);
      await inside(argv).catch((error: unknown) => {
        const isFull = error instanceof ToolError && fullPlace(error.stderr) === 'host';
        throw isFull ? error : said(error, `the image's '${argv[0]}'`, file);
      });
    }
  };
  const runScripts = async (scripts: readonly Script[], files: readonly NamedFile[], key: string) => {
    for (const [index, { argv, target }] of scripts.entries()) {
      const { name, path } = files[index] as NamedFile;
      progress(`running ${name}`);
      await inside(argv, [{ source: path, target: `${innerRoot}${target}` }]).catch((error: unknown) => {
        throw said(error, `script '${name}'`, file, `$.SystemConfigs[0].${key}[${index}]`);
      });
    }
  };

  progress(`installing ${options.rpms.length} packages`);
  await install(options, { root, into: innerRoot, binds: [room], sourceDateEpoch: epoch, ...signal });
  await runPrograms(blueprint.first);
  progress('configuring');
  const files = named.additional.map(({ path }, index) => ({ source: path, target: `/azl/files/${index}` }));
  await help(
    'configure.py',
    {
      ...{ texts: blueprint.texts, groups: blueprint.groups, users: blueprint.users },
      files: blueprint.files.map((one, index) => ({ ...one, source: files[index]?.target })),
    },
    files,
  );
  await runScripts(blueprint.postInstall, named.postInstall, 'PostInstallScripts');
  await runPrograms(blueprint.boot);
  await runScripts(blueprint.finalize, named.finalize, 'FinalizeImageScripts');
  progress('cleaning up');
  const { parts } = await help('finish.py', { parts: blueprint.parts });
  await removeTree(overlay);
  return { dir: join(workDir, 'work'), fat: parts ?? {} };
}

async function install(
  { rpms, file }: RootOptions,
  where: Omit<Parameters<typeof installRpms>[0], 'rpmDirs' | 'remove'>,
): Promise<void> {
  const dirs = new Map<string, string[]>();
  for (const { rpm, dir } of rpms) dirs.set(dir, [...(dirs.get(dir) ?? []), rpm.file]);
  const rpmDirs = [...dirs].map(([dir, files]) => ({ dir, files }));
  try {
    await installRpms({ ...where, rpmDirs, remove: [] });
  } catch (error) {
    if (!(error instanceof TransactionError) || fullPlace(error.message) === 'host') throw error;
    const words = lastLines(error.output, 12);
    throw problem(
      `The packages cannot be installed together: ${error.problems.join('; ')}${words === '' ? '' : `\n${words}`}`,
      { file },
    );
  }
}

/** A failed program of the image as a problem of the config; any other error as it is. */
function said(error: unknown, what: string, file: string, path?: string): unknown {
  if (!(error instanceof ToolError)) return error;
  const words = lastLines(`${error.stdout}\n${error.stderr}`, 12);
  return problem(`${what} ended with ${error.code}${words === '' ? '' : `:\n${words}`}`, {
    file,
    ...(path === undefined ? {} : { path }),
  });
}
