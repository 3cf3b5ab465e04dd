import { hostArchitecture } from '../../base/architectures.ts';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { nameOf } from '../../rpm/requirement.ts';
import type { ImageConfig } from '../config/config.ts';
import type { ImagePackage } from './choose-packages.ts';

/** The kernel and the boot tools of an image, found among its packages. */
export interface BootTools {
  /** `uname -r` of its kernel. */
  kernelRelease: string;
  grubMkimage: string;
}

/**
 * Finds the kernel and the tools that make an image bootable, which run inside it.
 * @param bootTest true if the image must come up
 * @throws ProblemsError naming all that is missing
 */
export function findBootTools(
  packages: readonly ImagePackage[],
  config: ImageConfig,
  { file, bootTest }: { file: string; bootTest: boolean },
): { tools: BootTools; warnings: Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const { packageLists } = config.system;
  const path = `$.SystemConfigs[0].${packageLists.length > 0 ? 'PackageLists' : 'Packages'}`;
  const lacks = (what: string, hint: string) =>
    problems.push({ message: `The image has no ${what}`, file, path, hint });
  const files = packages.flatMap(({ rpm }) => rpm.files);
  const first = (...paths: string[]) => paths.find((one) => files.includes(one));
  const kernels = kernelsOf(packages, config.system.kernelPackage);
  if (kernels.length === 0) lacks('kernel', "Add the package 'kernel'.");
  if (kernels.length > 1) {
    const message = `The image has ${kernels.length} kernels: ${kernels.join(', ')}`;
    const hint = "Name the package of one as 'default'.";
    problems.push({ message, file, path: '$.SystemConfigs[0].KernelOptions', hint });
  }
  if (first('/usr/bin/dracut') === undefined) lacks('dracut, which makes the initramfs', "Add 'dracut'.");
  const grubMkimage = first('/usr/bin/grub2-mkimage', '/usr/bin/grub-mkimage');
  if (grubMkimage === undefined) lacks('grub-mkimage, which makes the boot loader', "Add 'grub2'.");
  if (!files.some((one) => one.endsWith(`/${hostArchitecture.grubTarget}/linux.mod`)))
    lacks('GRUB for EFI', "Add 'grub2-efi-binary'.");
  if (first('/usr/sbin/depmod', '/usr/bin/depmod') === undefined) lacks('depmod', "Add 'kmod'.");
  const init = initProblem(files, config, bootTest);
  if (init !== undefined) (bootTest ? problems : warnings).push({ ...init, file, path });
  const login = loginProblem(files, config);
  if (login !== undefined) warnings.push({ ...login, file });
  failOnProblems(problems);
  const kernelRelease = (kernels[0] as string).slice('/boot/vmlinuz-'.length);
  return { tools: { kernelRelease, grubMkimage: grubMkimage as string }, warnings };
}

/**
 * Returns what is wrong with an image whose users have passwords and no program that asks for them. Keys are for sshd,
 * which needs none.
 */
function loginProblem(files: readonly string[], { system }: ImageConfig): Problem | undefined {
  const user = system.users.findIndex(({ password }) => password !== '');
  if (user === -1 || files.some((path) => path === '/usr/bin/login' || path === '/bin/login'))
    return undefined;
  return {
    message: 'The image has no login program: nobody can log in on its console with a password',
    path: `$.SystemConfigs[0].Users[${user}].Password`,
    hint: "Add the package that has /usr/bin/login: 'login', or 'shadow-utils' in Azure Linux.",
  };
}

/** Paths of systemd, which a boot test waits for. */
const systemd = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];

/** Paths at which a kernel or an initramfs looks for an init. A shell, the last of the kernel's, counts for none. */
const inits = ['/usr/sbin/init', '/sbin/init', '/usr/bin/init', '/bin/init', '/etc/init'];

/**
 * Returns what is wrong with an image that has no init. Its command line may name one, and a file of the config may be
 * one. What a script of the config makes is not known.
 */
function initProblem(
  files: readonly string[],
  { system }: ImageConfig,
  bootTest: boolean,
): Pick<Problem, 'message' | 'hint'> | undefined {
  const there = new Set([...files, ...system.additionalFiles.map(({ target }) => target)]);
  if (systemd.some((path) => there.has(path))) return undefined;
  const named = /(?:^|\s)init=\S/.test(system.kernelCommandLine);
  const hasOther = named || inits.some((path) => there.has(path));
  if (hasOther && !bootTest) return undefined;
  const message = hasOther
    ? 'The boot test waits for systemd, which the image does not have'
    : 'The image has no init (systemd or /sbin/init), so it never comes up';
  const hint = "Add the package 'systemd'";
  return {
    message,
    hint: bootTest
      ? `${hint}, or set boot-test (BOOT_TEST) to false for an image that is not booted.`
      : `${hint}.`,
  };
}

/** Returns the kernel files of the package `wanted`; of all packages when it is empty. */
function kernelsOf(packages: readonly ImagePackage[], wanted: string): string[] {
  return packages
    .filter(({ rpm }) => wanted === '' || rpm.provides.some((one) => nameOf(one) === wanted))
    .flatMap(({ rpm }) => rpm.files)
    .filter((path) => /^\/boot\/vmlinuz-[\w.+~-]+$/.test(path));
}
