# Runs as root inside a fresh worker (chroot): what no RPM brings because no image should have it.
#   $1 uid and gid of the user that builds   $2 its home
set -e
umask 022
echo "builder:x:$1:$1:builder:$2:/bin/sh" >>/etc/passwd
echo "builder:x:$1:" >>/etc/group
echo "builder:*:20089:0:99999:7:::" >>/etc/shadow
echo "builder:*::" >>/etc/gshadow
for folder in "$2" /usr/src/azl; do
  mkdir -p "$folder"
  chown "$1:$1" "$folder"
  chmod 0755 "$folder"
done
/usr/sbin/ldconfig
# Of the vendors' folders rpm reads the one that it was built for. Packages of macros bring their distribution's.
vendor=$(rpm --showrc | sed -n 's|^Macro path:.*:/usr/lib/rpm/\([^/:*]*\)/macros:.*|\1|p')
for macros in /usr/lib/rpm/*/macros; do
  if [ -n "$vendor" ] && [ -e "$macros" ] && [ ! -e "/usr/lib/rpm/$vendor" ]; then
    macros=${macros%/macros}
    ln -s "${macros##*/}" "/usr/lib/rpm/$vendor"
  fi
done
# Helpers start often and the tree is read-only to them: compiled once, here.
/usr/bin/python3 -m compileall -q -o 0 --invalidation-mode unchecked-hash -x 'lib2to3|/test/|idlelib' \
  /usr/lib/python3* >/dev/null 2>&1 || :
rm -rf /var/cache/ldconfig/* /tmp/* /var/tmp/*
