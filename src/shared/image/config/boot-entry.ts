/** The boot loader's config in an image. */
export const grubConfigFile = '/boot/grub2/grub.cfg';

/** GRUB's commands that start a kernel, or read a config that does. */
const starting =
  /^\s*(?:menuentry|submenu|linux(?:16|efi)?|multiboot2?|chainloader|configfile|normal|source|\.|blscfg|legacy_configfile)(?:\s|$)/m;

/** True if GRUB, with this config, comes to start something. A line within a block counts, too. Pure. */
export function hasBootEntry(config: string): boolean {
  return starting.test(config);
}
