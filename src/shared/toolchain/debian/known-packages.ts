/**
 * The Debian packages of names and paths of which no rule finds them: `name,other=package`. Of `a|b` the first that exists
 * is taken; of `a&b` all are needed.
 */
const table = `
  java,java-headless,jre,jre-headless=openjdk-17-jre-headless|openjdk-21-jre-headless
  java-devel,java-17-openjdk-devel,java-11-openjdk-devel,java-1.8.0-openjdk-devel,msopenjdk-17,msopenjdk-11,java-17-devel,java-11-devel=openjdk-17-jdk-headless|openjdk-21-jdk-headless
  ant-junit,ant-apache-regexp,ant-optional=ant-optional  junit,junit4=junit4  hamcrest=libhamcrest-java
  xerces-j2=libxerces2-java  xalan-j2=libxalan2-java  xml-commons-apis,xml-apis=libxml-commons-external-java
  xml-commons-resolver,xml-resolver=libxml-commons-resolver1.1-java  objectweb-asm=libasm-java
  slf4j=libslf4j-java  jna=libjna-java  glassfish-servlet-api,servletapi5=libservlet-api-java  regexp=libregexp-java
  glib2-devel,glib-devel,glib2-static=libglib2.0-dev  glib2,glib=libglib2.0-0|libglib2.0-0t64  glib2-doc=libglib2.0-doc
  gobject-introspection-devel,gobject-introspection=gobject-introspection&libgirepository1.0-dev|gobject-introspection&libgirepository-1.0-dev
  gtk2-devel=libgtk2.0-dev  gtk2=libgtk2.0-0|libgtk2.0-0t64  gtk3-devel=libgtk-3-dev  gtk3=libgtk-3-0|libgtk-3-0t64
  gtk4-devel=libgtk-4-dev  gdk-pixbuf2-devel=libgdk-pixbuf-2.0-dev  gdk-pixbuf2,gdk-pixbuf2-modules=libgdk-pixbuf-2.0-0
  atk-devel,at-spi2-core-devel,at-spi2-atk-devel=libatk1.0-dev&libatspi2.0-dev&libatk-bridge2.0-dev
  pango-devel=libpango1.0-dev  vala,vala-tools,vala-devel=valac&libvala-0.56-dev|valac
  librsvg2-tools=librsvg2-bin  librsvg2-devel=librsvg2-dev  libgudev1-devel,libgudev-devel=libgudev-1.0-dev
  ModemManager-glib-devel,ModemManager-devel=libmm-glib-dev  NetworkManager-libnm-devel=libnm-dev
  polkit-devel=libpolkit-gobject-1-dev&libpolkit-agent-1-dev&polkitd  polkit-libs=libpolkit-gobject-1-0&libpolkit-agent-1-0  polkit=polkitd|policykit-1
  gstreamer1-devel=libgstreamer1.0-dev  gstreamer1-plugins-base-devel=libgstreamer-plugins-base1.0-dev
  pulseaudio-libs-devel=libpulse-dev  SDL-devel=libsdl1.2-dev  SDL2-devel=libsdl2-dev  vte291-devel=libvte-2.91-dev
  pygobject3-devel,python3-gobject-devel=python-gi-dev&python3-gi  python3-gobject,python3-gobject-base=python3-gi
  python3-gobject-introspection,python-gobject-introspection=gobject-introspection
  glibmm-devel,glibmm2.4-devel=libglibmm-2.4-dev  libsigc++20-devel=libsigc++-2.0-dev
  avahi-devel,avahi-glib-devel=libavahi-client-dev&libavahi-glib-dev&libavahi-core-dev
  xorg-x11-proto-devel,xorgproto=x11proto-dev  xorg-x11-util-macros,util-macros,xorg-x11-utils-devel=xutils-dev
  xorg-x11-xtrans-devel,libxtrans-devel=xtrans-dev  xorg-x11-font-utils,font-util,mkfontscale=xfonts-utils
  xorg-x11-server-Xvfb=xvfb  xorg-x11-server-devel=xserver-xorg-dev  libX11-devel=libx11-dev&libx11-xcb-dev
  libXcursor-devel=libxcursor-dev  xcb-util-devel=libxcb-util-dev|libxcb-util0-dev
  libxcb-devel=libxcb1-dev&libxcb-shm0-dev&libxcb-render0-dev&libxcb-randr0-dev&libxcb-xfixes0-dev&libxcb-dri2-0-dev&libxcb-dri3-dev&libxcb-present-dev&libxcb-sync-dev&libxcb-glx0-dev&libxcb-shape0-dev&libxcb-xkb-dev
  mesa-libGL-devel,libGL-devel=libgl-dev&libglvnd-dev  mesa-libEGL-devel,libEGL-devel=libegl-dev&libegl1-mesa-dev|libegl-dev
  mesa-libGLES-devel=libgles-dev  mesa-libgbm-devel,libgbm-devel=libgbm-dev  mesa-libGLU-devel=libglu1-mesa-dev
  mesa-libGL=libgl1  mesa-libEGL=libegl1  mesa-dri-drivers=libgl1-mesa-dri  libglvnd-devel=libglvnd-dev
  libglvnd-core-devel=libglvnd-core-dev  freeglut-devel=freeglut3-dev|libglut-dev
  docbook-style-xsl,docbook-xsl=docbook-xsl  docbook5-style-xsl=docbook-xsl-ns  docbook-style-dsssl=docbook-dsssl  /usr/bin/sgml2xml=opensp  text-www-browser=lynx|w3m|elinks
  docbook-dtd-xml,docbook-dtds,docbook-xml=docbook-xml&docbook  docbook5-schemas=docbook5-xml  openjade=openjade
  sgml-common=sgml-base  xml-common=xml-core  /usr/bin/nsgmls,/usr/bin/sgml2xml=opensp  perl-SGMLSpm=libsgmls-perl
  git-core,git=git  cmake3,cmake-filesystem=cmake  gcc-gfortran,gfortran=gfortran  rust=rustc&cargo  cargo=cargo  golang,go=golang-go
  gcc-plugin-devel=gcc-12-plugin-dev|gcc-13-plugin-dev|gcc-14-plugin-dev  llvm-devel=llvm-dev&libclang-dev|llvm-dev
  clang-devel=libclang-dev  compiler-rt=libclang-rt-14-dev|libclang-rt-18-dev|libclang-rt-19-dev  gcc-g++=g++  lld=lld
  libgcc-static,libstdc++-static=libc6-dev  gtest,gtest-devel,gmock,gmock-devel=libgtest-dev&libgmock-dev
  catch1-devel,catch-devel=catch2|catch  abseil-cpp-devel,abseil-cpp=libabsl-dev  nlohmann-json-devel=nlohmann-json3-dev
  boost,boost-devel=libboost-all-dev  gperftools-devel,gperftools-libs=libgoogle-perftools-dev  zeromq-devel=libzmq3-dev
  device-mapper-devel=libdevmapper-dev  device-mapper-event-devel=libdevmapper-dev  lvm2-devel=liblvm2-dev|libdevmapper-dev
  device-mapper-multipath-devel=libmpathpersist-dev|multipath-tools  device-mapper-persistent-data=thin-provisioning-tools
  cyrus-sasl-devel,cyrus-sasl-bootstrap-devel=libsasl2-dev  cyrus-sasl,cyrus-sasl-lib=libsasl2-2  cyrus-sasl-gssapi=libsasl2-modules-gssapi-mit
  audit-devel,audit-libs-devel=libaudit-dev&libauparse-dev  keyutils-devel,keyutils-libs-devel=libkeyutils-dev
  procps-ng-devel=libproc2-dev|libprocps-dev  krb5-devel=libkrb5-dev  openldap-devel=libldap-dev|libldap2-dev
  openldap,openldap-clients=ldap-utils  openldap-libs=libldap-2.5-0|libldap2  curl-devel,libcurl-devel=libcurl4-openssl-dev  curl-libs,libcurl=libcurl4|libcurl4t64
  e2fsprogs-devel=libext2fs-dev&comerr-dev&ss-dev  libcom_err-devel=comerr-dev  libss-devel=ss-dev
  cracklib,cracklib-dicts=cracklib-runtime  cracklib-devel=libcrack2-dev  iptables-devel,iptables-libs-devel=libxtables-dev&libip4tc-dev&libip6tc-dev&libiptc-dev
  libnsl2-devel,libnsl2=libnsl-dev  libtirpc-devel=libtirpc-dev  rpcgen,rpcsvc-proto-devel=rpcsvc-proto
  libusb1-devel,libusbx-devel=libusb-1.0-0-dev  libusb-compat-devel=libusb-dev  lm_sensors-devel,lm-sensors-devel=libsensors-dev|libsensors4-dev
  lm_sensors,lm-sensors=lm-sensors  sg3_utils-devel=libsgutils2-dev  sg3_utils=sg3-utils  userspace-rcu-devel,userspace-rcu=liburcu-dev
  libselinux-utils=selinux-utils  python3-libselinux,libselinux-python3=python3-selinux  libsepol-devel=libsepol-dev
  shadow-utils-subid-devel=libsubid-dev  policycoreutils-python-utils=policycoreutils-python-utils
  httpd,httpd-tools=apache2-bin&apache2-utils  httpd-devel=apache2-dev  nginx-mod-devel=nginx-dev  bind=bind9  bind-utils=bind9-dnsutils
  mariadb-connector-c-devel,mariadb-devel,mysql-devel,mariadb-connector-c=libmariadb-dev&libmariadb-dev-compat  postgresql,postgresql-server=postgresql
  postgresql-devel,postgresql-server-devel=postgresql-server-dev-all&libpq-dev  libpq-devel=libpq-dev  postgresql-libs=libpq5
  openssh,openssh-clients=openssh-client  gnutls-utils=gnutls-bin  nss-tools=libnss3-tools  nss,nss-libs=libnss3  openssl-pkcs11=libengine-pkcs11-openssl
  iscsi-initiator-utils=open-iscsi  isns-utils-devel=libisns-dev  nmap-ncat,/usr/bin/nc=ncat|netcat-openbsd  net-snmp-utils=snmp
  wireshark-cli=tshark  nfs-utils=nfs-common  libnfsidmap-devel=libnfsidmap-dev
  libnl3-devel=libnl-3-dev&libnl-genl-3-dev&libnl-route-3-dev&libnl-nf-3-dev&libnl-cli-3-dev
  libdnet-devel=libdumbnet-dev  libsoup-devel=libsoup-3.0-dev&libsoup2.4-dev|libsoup2.4-dev  hdf,hdf-devel,hdf-static=libhdf4-dev&libtirpc-dev
  corosynclib-devel=libcorosync-common-dev&libcfg-dev&libcmap-dev&libcpg-dev&libquorum-dev&libvotequorum-dev
  libknet1-devel=libknet-dev  libnozzle1-devel=libnozzle-dev
  rdma-core-devel=libibverbs-dev&librdmacm-dev&libibumad-dev&libibmad-dev&libibnetdisc-dev  libpsm2-devel=libpsm2-dev
  numactl,numactl-libs=numactl  pcsc-lite=pcscd  libjpeg-turbo-devel,libjpeg-devel=libjpeg-dev  ilmbase-devel=libimath-dev
  openblas-devel=libopenblas-dev  fftw-devel=libfftw3-dev  ladspa-devel=ladspa-sdk
  guile-devel=guile-3.0-dev  compat-lua-devel=liblua5.1-0-dev  compat-lua,lua51=lua5.1  lua-lunit=lua-unit  R-core-devel,R-devel=r-base-dev
  perl-core,perl-podlators,perl-Encode-devel,perl(:VERSION),perl(Tie::StdHash),perl(Tie::StdArray),perl(dumpvar.pl)=perl
  perl-libintl-perl=libintl-perl  python3-xml,python3-curses,python3-tools,python3-idle,python3-docs=python3  python3-test=libpython3-testsuite|python3-full
  python3-ethtool=python3-ethtool  libxml2-python3,python3-libxml2=python3-libxml2
  python-rpm-macros,python3-rpm-macros,python-srpm-macros,pyproject-rpm-macros=python3
  python3-Cython,python3-cython,Cython=cython3  python3-flit-core,python3-flit,python-flit-core=flit
  ruby(release),ruby(rubygems),rubygems,rubygems-devel=ruby&ruby-rubygems|ruby  ruby-devel=ruby-dev  rubygem(bigdecimal),rubygem(rdoc),rubygem(irb),rubygem-rdoc=libruby
  tcl-devel=tcl-dev  tk-devel=tk-dev  vim-extra,vim-enhanced,vim,/usr/bin/vi=vim  vim-minimal=vim-tiny  words=wamerican
  ocaml-ocamldoc,ocaml-runtime,ocaml-source=ocaml-nox|ocaml  ocaml-compiler-libs=ocaml-compiler-libs|ocaml-nox|ocaml  ocaml-dune-devel=libdune-ocaml-dev&ocaml-dune  ocaml-findlib,ocaml-findlib-devel=ocaml-findlib&libfindlib-ocaml-dev
  qt5-qtbase-devel=qtbase5-dev  qtbase-devel,qt6-qtbase-devel=qt6-base-dev  qtbase-private-devel=qt6-base-private-dev
  qtdeclarative-devel=qt6-declarative-dev  qttools-devel,qt-linguist,qttools-static=qt6-tools-dev&qt6-l10n-tools  qtsvg-devel=libqt6svg6-dev|qt6-svg-dev
  qt5-qtserialport-devel=libqt5serialport5-dev  kf-ki18n-devel=libkf5i18n-dev
  kernel-devel,kernel-hwe-devel=linux-headers-amd64|linux-headers-generic|linux-headers-arm64
  libvirt-python3=python3-libvirt  libvirt-daemon-kvm=libvirt-daemon-system  qemu-kvm=qemu-system-x86  qemu-img=qemu-utils
  systemd-devel,systemd-bootstrap-devel=libsystemd-dev&libudev-dev&systemd-dev|libsystemd-dev&libudev-dev  systemd-ukify=systemd-ukify
  systemd-units,systemd-bootstrap=systemd  libidn-devel=libidn-dev  man=man-db  bluez-libs-devel=libbluetooth-dev
  freefont=fonts-freefont-ttf  iana-etc=netbase  hunspell-en=hunspell-en-us  /usr/bin/rename=util-linux-extra|rename  /usr/bin/sphinx-build-3=python3-sphinx
  ntfsprogs=ntfs-3g  cronie,cronie-anacron=cron  unicode-ucd=unicode-data  colm-devel=colm|libcolm-dev  autogen-libopts-devel=libopts25-dev
  libtasn1-tools=libtasn1-bin  libimobiledevice-glue-devel=libimobiledevice-glue-dev
  cryptsetup-luks-devel,cryptsetup-devel=libcryptsetup-dev  python3-policycoreutils=python3-sepolicy  redhat-rpm-config=rpm
  nss_wrapper=libnss-wrapper  socket_wrapper=libsocket-wrapper  uid_wrapper=libuid-wrapper  pam_wrapper=libpam-wrapper
  llhttp-devel=libllhttp-dev  glibc-locale-source=locales  ca-certificates-base=ca-certificates  libcontainers-common=golang-github-containers-common
  apache-commons-lang3,commons-lang3=libcommons-lang3-java  bcc-devel=libbpfcc-dev  binutils-devel=binutils-dev  pkgconfig(lua)=liblua5.4-dev
`;

const packages = new Map<string, string[][]>();
for (const [, names = '', found = ''] of table.matchAll(/(\S+?)=(\S+)/g))
  for (const name of names.split(','))
    packages.set(
      name,
      found.split('|').map((all) => all.split('&')),
    );

/** Returns sets of packages for a capability, of which the first is taken that exists as a whole. Pure. */
export function knownPackages(name: string): readonly (readonly string[])[] {
  const apache = /^(?:apache-)?commons-([a-z0-9]+)$/.exec(name)?.[1];
  const byRule = apache === undefined ? [] : [[`libcommons-${apache}-java`]];
  return packages.get(name) ?? byRule;
}
