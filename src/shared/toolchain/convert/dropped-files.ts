import { splitAtBlanks } from '../../base/split-at-blanks.ts';

/** Kernel modules that no image here needs, for desktops, radio and laboratories: two thirds of all modules. */
const dropModules = splitAtBlanks(`
  sound net/bluetooth net/mac80211 net/wireless drivers/bluetooth drivers/comedi
  drivers/gpu/drm/amd drivers/gpu/drm/gma500 drivers/gpu/drm/i915 drivers/gpu/drm/nouveau drivers/gpu/drm/radeon
  drivers/gpu/drm/vmwgfx drivers/gpu/drm/xe drivers/iio drivers/infiniband
  drivers/isdn drivers/media drivers/net/wireless drivers/staging
`).map((folder) => `/usr/lib/modules/*/kernel/${folder}/*`);

/**
 * Patterns of the files that no stand-in gets: texts for people, files that only Debian's own tools read, and a second name
 * of ncurses, which other distributions lack.
 */
export const droppedFiles = [
  ...dropModules,
  ...splitAtBlanks(`
    /usr/share/man/* /usr/share/info/* /usr/share/doc/* /usr/share/doc-base/* /usr/share/locale/*
    /usr/share/lintian/* /usr/share/bug/* /usr/share/menu/* /usr/share/initramfs-tools/*
    /usr/share/bash-completion/completions/* /usr/share/zsh/vendor-completions/* /usr/share/zsh/site-functions/*
    /usr/share/fish/vendor_completions.d/* /usr/share/gtk-doc/html/*
    /etc/init.d/* /etc/rc?.d/* /etc/cron.* /etc/apt/* /etc/dpkg/* /etc/initramfs-tools/*
    /etc/init.d /etc/rc?.d /etc/cron.* /etc/apt /etc/dpkg /etc/initramfs-tools /usr/share/man
    /etc/pam.d/other /etc/kernel/* /usr/share/dpkg/* /etc/bash_completion.d/*
    /usr/lib/python3*/EXTERNALLY-MANAGED
    /usr/lib/*/libtermcap.*
  `),
];

/** Patterns of the files that stay although {@link droppedFiles} matches them: licences. */
export const keptFiles = ['/usr/share/doc/*/copyright'];
