import { hostArchitecture } from '../../base/architectures.ts';

const libraries = `/usr/lib/${hostArchitecture.triplet}`;

/** Returns triggers that run commands after each transaction that installs or removes files below `folders`. Pure. */
function after(folders: string, ...commands: readonly string[]): string {
  return ['in', 'postun']
    .flatMap((time) => [`%transfiletrigger${time} -p /bin/sh -- ${folders}`, ...commands])
    .join('\n');
}

/** Lists the catalogs of all packages. A package of a distribution may have made the catalog that everybody reads. */
const xmlCatalogs = `mkdir -p /etc/xml
catalog() {
  echo '<?xml version="1.0"?>'
  echo '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
  cat
  echo '</catalog>'
}
find /usr/share/xml -name catalog.xml -printf '<nextCatalog catalog="file://%%p"/>\\n' | sort | catalog >/etc/xml/packages.xml
next='<nextCatalog catalog="file:///etc/xml/packages.xml"/>'
[ -e /etc/xml/catalog ] || echo "$next" | catalog >/etc/xml/catalog
grep -q /etc/xml/packages.xml /etc/xml/catalog || sed -i "s,</catalog>,$next&," /etc/xml/catalog`;

/** The scriptlets that do what Debian's triggers and maintainer scripts do, by RPM. */
const scriptlets: Readonly<Record<string, string>> = {
  // The loader's cache. `-p /usr/sbin/ldconfig` would get arguments.
  glibc: after('/usr/lib /usr/lib64 /etc/ld.so.conf.d', '/usr/sbin/ldconfig'),
  'ca-certificates': after(
    '/usr/share/ca-certificates',
    'mkdir -p /etc/ssl/certs /etc/pki/tls/certs',
    'find /usr/share/ca-certificates -name "*.crt" | sort | xargs cat >/etc/ssl/certs/ca-certificates.crt',
    'ln -sf /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt',
  ),
  'xml-core': after('/usr/share/xml', xmlCatalogs),
  'sgml-base': after(
    '/etc/sgml',
    'mkdir -p /var/lib/sgml-base',
    'for catalog in /etc/sgml/*.cat; do echo "CATALOG $catalog"; done >/var/lib/sgml-base/supercatalog',
    '[ -e /etc/sgml/catalog ] || ln -s /var/lib/sgml-base/supercatalog /etc/sgml/catalog',
  ),
  glib: after(
    '/usr/share/glib-2.0/schemas',
    `${libraries}/glib-2.0/glib-compile-schemas /usr/share/glib-2.0/schemas`,
  ),
  'gdk-pixbuf2': after(
    `${libraries}/gdk-pixbuf-2.0 /usr/lib/gdk-pixbuf-2.0`,
    `${libraries}/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders --update-cache`,
  ),
  'shared-mime-info': after('/usr/share/mime', '/usr/bin/update-mime-database /usr/share/mime'),
};

/** Returns the scriptlets of a converted RPM in the syntax of a spec. Pure. */
export function scriptletsOf(name: string): string {
  return scriptlets[name] ?? '';
}
