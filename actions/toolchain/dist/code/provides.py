"""What the files of a package provide, in the words of rpm's generators and of Azure Linux's package names.

A tree has `root`, its folder, `files`, whose keys are paths without a leading slash, and `at(path)`, a path's file on disk.
"""
import os
import re
import signal
import subprocess
import sys

# The folders in which Debian keeps a kind of files for one architecture or for all.
LIBRARIES = r"lib(?:/[a-z0-9_]+-linux-gnu\w*)?"


def elf_dependencies(tree):
    """(provides, requires) that rpm's own ELF reader finds. Requires are sonames without symbol versions, so that a
    library built without them can take the place of Debian's."""
    elves = []
    for path, facts in sorted(tree.files.items()):
        if facts is None or path.startswith("usr/lib/debug/") or path.endswith((".o", ".ko", ".a")):
            continue
        with open(tree.at(path), "rb") as file:
            if file.read(4) == b"\x7fELF":
                elves.append(tree.at(path))
    if not elves:
        return set(), set()
    provides, requires = (elfdeps(side, elves) for side in ("--provides", "--requires"))
    library = re.compile(r"^(lib|ld-)[^()]*\.so[^()]*\(")
    provides = {line for line in provides if library.match(line)}
    plain = {re.sub(r"\([^()]*\)(\(64bit\))$", r"()\1", line) for line in requires if library.match(line)}
    if "rtld(GNU_HASH)" in requires:
        plain.add("rtld(GNU_HASH)")
    return provides, plain - provides


# Signals by which a program ends itself. By others somebody ends it, as for a lack of memory.
CRASHES = {signal.SIGFPE, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT}


def elfdeps(side, elves):
    """The lines that rpm's ELF reader writes. A file of which it dies, as of those that Guile compiles, has none."""
    argv = ["/usr/lib/rpm/elfdeps", side]
    done = subprocess.run(argv, input="\n".join([*elves, ""]).encode(), stdout=subprocess.PIPE, check=False)
    if -done.returncode not in CRASHES:
        done.check_returncode()
        return {line for line in done.stdout.decode().splitlines() if line}
    middle = len(elves) // 2
    return elfdeps(side, elves[:middle]) | elfdeps(side, elves[middle:]) if middle else set()


def provided_by(tree):
    """Everything that the files provide, besides the sonames."""
    provides = set()
    for generator in (pkgconfig, cmake, python, perl, ruby, ocaml, merged_folders):
        provides.update(generator(tree))
    return provides


def text_of(tree, path, most=65536):
    """The beginning of a text file; empty for a link that leads elsewhere."""
    if not os.path.isfile(tree.at(path)):
        return ""
    with open(tree.at(path), encoding="utf-8", errors="replace") as file:
        return file.read(most)


def versioned(name, version):
    """A capability with its version, where the version is one that rpm takes."""
    return f"{name} = {version}" if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+~^]*", version or "") else name


def pkgconfig(tree):
    """pkgconfig(x) = version, of the files that pkg-config looks at."""
    for path in tree.files:
        if not re.search(rf"^usr/({LIBRARIES}|share)/pkgconfig/[^/]+\.pc$", path):
            continue
        if not os.path.exists(tree.at(path)):
            continue
        variables, version = {}, ""
        for line in text_of(tree, path).splitlines():
            if assignment := re.match(r"^(\w+)\s*=\s*(.*?)\s*$", line):
                variables[assignment[1]] = assignment[2]
            elif field := re.match(r"^Version:\s*(.*?)\s*$", line):
                version = re.sub(r"\$\{(\w+)\}", lambda name: variables.get(name[1], ""), field[1])
        yield versioned(f"pkgconfig({os.path.basename(path)[:-3]})", version)


def cmake(tree):
    """cmake(X) = version, of the files that find_package() reads, as written and in lower case."""
    for path in tree.files:
        found = re.search(rf"^usr/({LIBRARIES}|share)/(?:.*/)?cmake/(?:.*/)?(([\w+.-]+?)(Config|-config))\.cmake$", path)
        if not found:
            continue
        folder, stem, name = os.path.dirname(path), found[2], found[3]
        text = "".join(text_of(tree, f"{folder}/{stem}{end}.cmake") for end in ("Version", "-version"))
        version = re.search(r"set\s*\(\s*PACKAGE_VERSION\s+\"?(\d[\w.]*)", text)
        for spelling in {name, name.lower()}:
            yield versioned(f"cmake({spelling})", version and version[1])


def python(tree):
    """python3dist(x), python3.y dist(x) and python(abi), as rpm's generators write them."""
    minor = "{}.{}".format(*sys.version_info)
    for path in tree.files:
        if found := re.fullmatch(r"usr/bin/python(3\.\d+)", path):
            yield f"python(abi) = {found[1]}"
        if not re.search(r"^usr/lib/python3[^/]*/[^/]+(/[^/]+\.(dist|egg)-info/(METADATA|PKG-INFO)|\.egg-info)$", path):
            continue
        head = "" if os.path.islink(tree.at(path)) else text_of(tree, path, 4096)
        name = re.search(r"^Name: (\S+)$", head, re.M)
        version = re.search(r"^Version: ([\w.+]+)$", head, re.M)
        if name and version:
            plain = re.sub(r"[-_.]+", "-", name[1].lower())
            yield f"python3dist({plain}) = {version[1]}"
            yield f"python{minor}dist({plain}) = {version[1]}"


PERL_MODULE = re.compile(rf"^usr/(share/perl5|share/perl/[^/]+|{LIBRARIES}/perl(?:5|-base)?(?:/\d[^/]*)?)/(\w[\w/]*)\.pm$")
PERL_VERSION = re.compile(
    r"^[ \t]*(?:package\s+[\w:]+\s+v?(?P<named>\d[\d._]*)\s*[;{]"
    r"|[\w:$*{}() \t]{0,60}?\bVERSION\b[ \t)}]*=(?![=~])[^\d\n#;%]{0,40}?(?P<set>\d[\d._]*))", re.M)


def perl(tree):
    """perl(Module) = version and perl-Module, of modules on Perl's path, and what Perl itself provides."""
    for path in tree.files:
        if found := re.fullmatch(r"usr/bin/perl(5\.\d+\.\d+)", path):
            yield f"perl(:VERSION) = {found[1]}"
            yield f"perl(:MODULE_COMPAT_{found[1]})"
            for feature in ("ITHREADS", "LARGEFILES", "PERLIO", "THREADS"):
                yield f"perl(:WITH_{feature})"
        found = PERL_MODULE.match(path)
        if not found:
            continue
        module = found[2].replace("/", "::")
        if not re.fullmatch(r"[A-Za-z]\w*(::\w+)*", module):
            continue
        text = text_of(tree, path)
        if text == "":
            continue
        said = PERL_VERSION.search(text)
        version = (said["named"] or said["set"]).replace("_", "").rstrip(".") if said else ""
        if revision := re.search(r"VERSION = .*Revision: (\d[\d.]*) ", text):
            version = revision[1]
        yield versioned(f"perl({module})", version)
        yield versioned("perl-" + module.replace("::", "-"), version)


def ruby(tree):
    """rubygem(x) = version, and what Ruby itself provides."""
    for path in tree.files:
        if found := re.fullmatch(r"usr/bin/ruby(\d+\.\d+)", path):
            yield f"ruby(release) = {found[1]}"
        if path.endswith("/rubygems.rb"):
            version = re.search(r"^\s*VERSION = \"([\d.]+)\"", text_of(tree, path), re.M)
            yield versioned("ruby(rubygems)", version and version[1])
        if found := re.search(r"/specifications/(?:default/)?([\w.-]+?)-(\d[\w.]*)\.gemspec$", path):
            yield versioned(f"rubygem({found[1]})", found[2])
            yield versioned(f"rubygem-{found[1]}", found[2])


def ocaml(tree):
    """ocaml(Unit) = digest of a compiled interface, ocamlx(Unit) = digest of native code, as `ocamlobjinfo` reads them."""
    for path in tree.files:
        if not re.search(r"\.cm[ix]$", path) or not os.path.isfile(tree.at(path)):
            continue
        with open(tree.at(path), "rb") as file:
            data = file.read()
        kind = re.match(rb"Caml1999([IY])\d{3}", data)
        end = kind and end_of_value(data, 12)
        if not end:
            continue
        if kind[1] == b"I":
            # The list of interfaces begins with its own: a list's cell, a pair, the name, an option, the digest.
            name, at = short_string(data, end_of_header(data, end) + 2)
            digest = data[at + 2:at + 18] if data[at:at + 2] == b"\x90\x30" else None
        else:
            # A record, of which the name is the first field. The digest follows it.
            start = end_of_header(data, 12)
            name, _ = short_string(data, start + (1 if data[start] >= 0x80 else 5))
            digest = data[end:end + 16]
        if name and digest:
            yield f"ocaml{'x' if kind[1] == b'Y' else ''}({name}) = {digest.hex()}"


def end_of_header(data, at):
    """Where a value that OCaml has marshalled begins. Its length is in the header."""
    return at + {0xBE: 20, 0xBF: 32, 0xBD: data[at + 4] & 0x3F}.get(data[at + 3], 0)


def end_of_value(data, at):
    """The offset behind a marshalled value; None: of an unknown form."""
    magic = data[at:at + 4]
    if magic == b"\x84\x95\xa6\xbe":
        return at + 20 + int.from_bytes(data[at + 4:at + 8], "big")
    if magic == b"\x84\x95\xa6\xbf":
        return at + 32 + int.from_bytes(data[at + 8:at + 16], "big")
    if magic != b"\x84\x95\xa6\xbd":
        return None
    # Compressed: a length in groups of seven bits.
    length, place = 0, at + 5
    while True:
        length, place = length << 7 | data[place] & 0x7F, place + 1
        if not data[place - 1] & 0x80:
            return end_of_header(data, at) + length


def short_string(data, at):
    """(text, the offset behind it) of a marshalled string of less than 256 bytes."""
    if 0x20 <= data[at] < 0x40:
        at, length = at + 1, data[at] & 0x1F
    elif data[at] == 9:
        at, length = at + 2, data[at + 1]
    else:
        return None, at
    return data[at:at + length].decode("ascii", "replace"), at + length


def merged_folders(tree):
    """/bin/x and /sbin/x, which specs name as often as /usr/bin/x."""
    for path in tree.files:
        if re.fullmatch(r"usr/s?bin/[\w.+-]+", path):
            yield path[3:]
