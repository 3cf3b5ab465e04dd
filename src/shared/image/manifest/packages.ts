import { nearestName } from '../../base/nearest-name.ts';
import { type Problem, ProblemsError } from '../../base/problems.ts';
import type { Capability, Rpm } from '../../model/rpm.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { nameOf, satisfies } from '../../rpm/capability.ts';
import type { Solver } from '../../solver/solver.ts';
import type { ImageConfig } from '../config/config.ts';
import type { Origin } from './image.ts';

/** One package that the config asks for, and where. */
export interface RequestedPackage {
  capability: Capability;
  /** File and JSON path of the entry. */
  file: string;
  path: string;
}

/** What an image boots with, found among its packages. */
export interface BootTools {
  /** `uname -r` of its kernel. */
  kernelRelease: string;
  grubMkimage: string;
}

export interface ImagePackage {
  origin: Origin;
  rpm: Rpm;
}

/** `name` or `name=version` as a capability; undefined when it is neither. */
export function requestedCapability(entry: string): Capability | undefined {
  const match =
    /^\s*([A-Za-z0-9_][\w.+-]*(?:\([^\s()]+\))?|\/[^\s]+)\s*(?:(=|>=|<=|<|>)\s*([\w.+~^:-]+))?\s*$/.exec(
      entry,
    );
  if (match === null) return undefined;
  const [, name, comparison, version] = match;
  return comparison === undefined ? (name as string) : `${name} ${comparison} ${version}`;
}

/**
 * Everything that an image holds: the wishes and all that they need, this run's results and repositories before the
 * toolchain.
 * @throws ProblemsError naming each wish that nothing provides, or what stands in the way.
 */
export async function choosePackages(options: {
  wishes: readonly RequestedPackage[];
  local: readonly Rpm[];
  /** Has no package that `local` has. */
  offered: readonly Rpm[];
  toolchain: Toolchain;
  solver: Solver;
  file: string;
}): Promise<ImagePackage[]> {
  const { wishes, offered, toolchain } = options;
  const remote = new Set(offered);
  const local = [...options.local, ...offered];
  const rpms = [...local, ...toolchain.rpms];
  const answer = await options.solver.solve({
    install: [...new Set(wishes.map((wish) => wish.capability))],
    base: [],
    local,
  });
  if (!answer.ok) {
    // The solver stops at the first; the user wants all.
    const problems = wishes
      .filter(({ capability }) => !rpms.some((rpm) => provides(rpm, capability)))
      .map((wish) => nothingProvides(wish, rpms));
    if (problems.length > 0) throw new ProblemsError(problems);
    throw new ProblemsError(answer.problems.map((message) => ({ message, file: options.file })));
  }
  const byFile = {
    local: new Map(local.map((rpm) => [rpm.file, rpm])),
    toolchain: new Map(toolchain.rpms.map((rpm) => [rpm.file, rpm])),
  };
  return answer.installed.map(({ origin, file }) => {
    const rpm = byFile[origin].get(file) as Rpm;
    return { origin: remote.has(rpm) ? 'repository' : origin, rpm };
  });
}

function provides(rpm: Rpm, capability: Capability): boolean {
  if (capability.startsWith('/')) return rpm.files.includes(capability) || rpm.folders.includes(capability);
  return rpm.provides.some((one) => nameOf(one) === nameOf(capability) && satisfies(one, capability));
}

function nothingProvides(wish: RequestedPackage, rpms: readonly Rpm[]): Problem {
  const name = nameOf(wish.capability);
  const versions = rpms.filter((rpm) => rpm.name === name).map((rpm) => `${rpm.version}-${rpm.release}`);
  const near = nearestName(name, new Set(rpms.map((rpm) => rpm.name)));
  const hint =
    versions.length > 0
      ? `There is ${name} ${[...new Set(versions)].join(', ')}.`
      : near === undefined
        ? undefined
        : `Nearest: '${near}'.`;
  return {
    message: `Package '${wish.capability}' is provided by nothing`,
    file: wish.file,
    path: wish.path,
    ...(hint === undefined ? {} : { hint: hint }),
  };
}

/**
 * The kernel, and the tools that make an image bootable, among its packages. They run inside it.
 * @throws ProblemsError naming all that is missing.
 */
export function findBootTools(
  packages: readonly ImagePackage[],
  config: ImageConfig,
  file: string,
): BootTools {
  const problems: Problem[] = [];
  const lacks = (what: string, hint: string) =>
    problems.push({
      message: `The image has no ${what}`,
      file,
      path: '$.SystemConfigs[0].PackageLists',
      hint: hint,
    });
  const files = packages.flatMap(({ rpm }) => rpm.files);
  const wanted = config.system.kernelPackage;
  const kernels = packages
    .filter(({ rpm }) => wanted === '' || rpm.provides.some((one) => nameOf(one) === wanted))
    .flatMap(({ rpm }) => rpm.files)
    .filter((path) => /^\/boot\/vmlinuz-[\w.+~-]+$/.test(path));
  if (kernels.length === 0) lacks('kernel', "Add the package 'kernel'.");
  if (kernels.length > 1)
    problems.push({
      message: `The image has ${kernels.length} kernels: ${kernels.join(', ')}`,
      file,
      path: '$.SystemConfigs[0].KernelOptions',
      hint: "Name the package of one as 'default'.",
    });
  const first = (...paths: string[]) => paths.find((path) => files.includes(path));
  if (first('/usr/bin/dracut') === undefined) lacks('dracut, which makes the initramfs', "Add 'dracut'.");
  const grubMkimage = first('/usr/bin/grub2-mkimage', '/usr/bin/grub-mkimage');
  if (grubMkimage === undefined) lacks('grub-mkimage, which makes the boot loader', "Add 'grub2'.");
  if (!files.some((path) => path.endsWith('/x86_64-efi/linux.mod')))
    lacks('GRUB for EFI', "Add 'grub2-efi-binary'.");
  if (first('/usr/sbin/depmod', '/usr/bin/depmod') === undefined) lacks('depmod', "Add 'kmod'.");
  if (problems.length > 0) throw new ProblemsError(problems);
  return {
    kernelRelease: (kernels[0] as string).slice('/boot/vmlinuz-'.length),
    grubMkimage: grubMkimage as string,
  };
}
