"""Makes one RPM out of Debian packages, or out of entries given in the job.

    /usr/bin/python3 convert.py JOB SCRATCH OUT

JOB is a JSON file (convert.ts, type StandInJob, with `debs` as paths), SCRATCH an empty folder of ours,
OUT the path of the RPM to write. Needs no rights: owners and modes go into the spec's %files.
Only data of the packages is read: none of their maintainer scripts runs.
"""
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

# Beside this file. Python is started with -I, without this folder in its path.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from provides import elf_dependencies, provided_by

MERGED = re.compile(r"^(bin|sbin|lib|lib64|lib32|libx32)(/|$)")
ESSENTIAL = ("bash", "coreutils", "findutils", "gawk", "grep", "sed", "util-linux")
ALIASES_OF_USR = ("bin", "sbin", "lib", "lib64")


class Tree:
    """The files of the package: on disk below `root`, with owners and kinds beside."""

    def __init__(self, root):
        self.root = root
        self.owner = {}
        self.folders = {}
        self.files = {}
        self.config = set()
        # The targets of links that an installed package makes where nothing is, by path.
        self.alternatives = {}

    def at(self, path):
        return os.path.join(self.root, path)

    def parents(self, path):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)

    def clear(self, path):
        try:
            os.unlink(self.at(path))
        except (FileNotFoundError, IsADirectoryError):
            pass


def place(name):
    """The path of an archive member in a merged /usr, without a leading slash; None: nothing to keep."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or any(ord(letter) < 32 for letter in name):
        sys.exit(f"an archive member has the path {name!r}")
    path = "/".join(parts)
    if path in ("", "usr") or path in ALIASES_OF_USR:
        return None
    merged = "usr/" + path if MERGED.match(path) else path
    # As in Azure Linux, /usr/lib64 is a link to lib.
    plain = re.sub("^usr/lib64(?=/|$)", "usr/lib", merged)
    return None if plain != merged and plain == "usr/lib" else plain


def unpack(deb, tree, dropped):
    """Adds the files of one Debian package."""
    with subprocess.Popen(["dpkg-deb", "--ctrl-tarfile", deb], stdout=subprocess.PIPE) as control:
        with tarfile.open(fileobj=control.stdout, mode="r|") as members:
            for member in members:
                name = os.path.basename(member.name)
                text = members.extractfile(member).read().decode(errors="replace") if member.isreg() else ""
                if name == "conffiles":
                    for line in text.splitlines():
                        path = place(line.split(" ")[-1])
                        if path is not None:
                            tree.config.add(path)
                elif name == "postinst":
                    tree.alternatives.update(alternatives(text))
        control.stdout.read()
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as content:
        with tarfile.open(fileobj=content.stdout, mode="r|") as members:
            for member in members:
                path = place(member.name)
                if path is not None and not dropped(path):
                    add_member(tree, path, members, member)
        content.stdout.read()
    if control.returncode or content.returncode:
        sys.exit(f"{deb} cannot be unpacked")


def alternatives(script):
    """The links, with their targets, that a script asks update-alternatives for, as far as its text has their paths."""
    script = re.sub(r"\\\n", " ", script)
    values = dict(re.findall(r"^\s*(\w+)=([\w./+-]+)\s*$", script, re.M))
    script = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda name: values.get(name[1] or name[2], name[0]), script)
    for line in re.findall(r"^.*\bupdate-alternatives\b.*--install\b.*$", script, re.M):
        for link, target in re.findall(r"--(?:install|slave)\s+(/\S+)\s+\S+\s+(/\S+)", line):
            if re.fullmatch(r"[\w./+-]+", link + target) and ".." not in link and place(link):
                yield place(link), target


# Links that specs and programs expect besides those of the scripts, and the files that they lead to: the programs of a
# Java, whose script has no paths; the libraries that programs are linked with; how to build with Tcl and Tk.
EXPECTED = (
    (r"usr/lib/jvm/[^/]+/bin/([\w-]+)", "usr/bin"),
    (r"usr/lib/[\w-]+-linux-gnu/(lib[\w.+-]+\.(?:so|a))", "usr/lib"),
    (r"usr/lib/t(?:cl|k)[\d.]+/(t(?:cl|k|cloo)Config\.sh)", "usr/lib"),
)


def expected_links(tree):
    """The links that no script asks for, with their targets."""
    for path in tree.files:
        for pattern, folder in EXPECTED:
            found = re.fullmatch(pattern, path)
            if found:
                yield f"{folder}/{found[1]}", f"/{path}"


def add_member(tree, path, members, member):
    tree.owner[path] = (member.uname or "root", member.gname or "root")
    if member.isdir():
        os.makedirs(tree.at(path), exist_ok=True)
        tree.folders[path] = (member.mode & 0o7777, member.mtime)
        return
    tree.parents(path)
    tree.clear(path)
    if member.issym():
        os.symlink(member.linkname, tree.at(path))
        os.utime(tree.at(path), (member.mtime, member.mtime), follow_symlinks=False)
        tree.files[path] = None
    elif member.islnk():
        other = place(member.linkname)
        if other in tree.files:
            os.link(tree.at(other), tree.at(path))
            tree.files[path] = tree.files[other]
    elif member.isreg():
        with open(tree.at(path), "wb") as file:
            source = members.extractfile(member)
            while chunk := source.read(1 << 20):
                file.write(chunk)
        tree.files[path] = (member.mode & 0o7777, member.mtime)


def add_entry(tree, entry, epoch):
    """Adds what the job itself brings: a folder, a file with its text, or a symbolic link."""
    if entry["type"] == "edit":
        edit(tree, entry)
        return
    path = entry["path"].lstrip("/")
    tree.owner[path] = (entry.get("user", "root"), entry.get("group", "root"))
    if entry["type"] == "folder":
        os.makedirs(tree.at(path), exist_ok=True)
        tree.folders[path] = (entry.get("mode", 0o755), epoch)
        return
    if entry["type"] == "link":
        target = entry["target"]
        if "*" in target:
            found = sorted(glob.glob(tree.root + target))
            if not found:
                return
            target = os.path.relpath(found[-1], os.path.dirname(tree.at(path)))
        tree.parents(path)
        tree.clear(path)
        os.symlink(target, tree.at(path))
        os.utime(tree.at(path), (epoch, epoch), follow_symlinks=False)
        tree.files[path] = None
        return
    if entry["type"] == "owner":
        if path in tree.files:
            tree.files[path] = (entry["mode"], tree.files[path][1])
        else:
            del tree.owner[path]
        return
    tree.parents(path)
    tree.clear(path)
    with open(tree.at(path), "w", encoding="utf-8") as file:
        file.write(entry["text"])
    tree.files[path] = (entry.get("mode", 0o644), epoch)
    if entry.get("config"):
        tree.config.add(path)


def edit(tree, entry):
    """Replaces text in the files that a pattern matches. Files that lack the text stay as they are."""
    for path, facts in tree.files.items():
        if facts is None or not fnmatch.fnmatchcase("/" + path, entry["path"]):
            continue
        with open(tree.at(path), encoding="utf-8") as file:
            text = file.read()
        # A file may have more names.
        with open(tree.at(path), "w", encoding="utf-8") as file:
            file.write(text.replace(entry["from"], entry["to"]))


def settle(tree, epoch):
    """Gives files and folders their modes and times, innermost first."""
    for path, facts in tree.files.items():
        if facts is not None:
            os.chmod(tree.at(path), facts[0])
            time = min(facts[1], epoch)
            os.utime(tree.at(path), (time, time))
    for path in sorted(tree.folders, reverse=True):
        mode, time = tree.folders[path]
        os.chmod(tree.at(path), mode)
        os.utime(tree.at(path), (min(time, epoch), min(time, epoch)))


def keep_places(tree, epoch):
    """Makes an empty file for each link of alternatives: rpmbuild gives a %ghost that is missing the time of the day."""
    for path in tree.alternatives:
        tree.parents(path)
        with open(tree.at(path), "xb"):
            pass
        os.utime(tree.at(path), (epoch, epoch))


def script_requires(tree, name):
    """Debian's scripts take its essential packages for granted; RPM has no such thing."""
    if name in ESSENTIAL:
        return set()
    for path, facts in tree.files.items():
        if facts is not None and facts[0] & 0o111:
            with open(tree.at(path), "rb") as file:
                if re.match(rb"#! ?/(usr/)?bin/(ba)?sh\b", file.read(20)):
                    return set(ESSENTIAL)
    return set()


def listed(path):
    """A path as %files takes it: a pattern that matches it. Quotes mean other things to other versions of rpm."""
    literal = re.sub(r"[\[*?]", lambda special: f"[{special[0]}]", path)
    return "/" + re.sub(r"[\s{}\"'\\,]", "?", literal).replace("%", "%%")


def link_scriptlet(tree):
    """Makes the links of alternatives where nothing is: several packages may have the same. Lua, as a root may be empty."""
    if tree.alternatives:
        yield "%post -p <lua>"
    for path, target in sorted(tree.alternatives.items()):
        yield f'if not posix.stat("/{path}", "type") then posix.symlink("{target}", "/{path}") end'


def spec(job, tree, provides, requires):
    lines = [
        f"Name: {job['name']}", f"Version: {job['version']}", f"Release: {job['release']}",
        f"Summary: {job['summary'].replace('%', '%%')}", "License: see /usr/share/doc", "AutoReqProv: no",
    ]
    if job["epoch"]:
        lines.append(f"Epoch: {job['epoch']}")
    if job["noarch"]:
        lines.append("BuildArch: noarch")
    lines += [f"Provides: {line}" for line in sorted(provides)]
    lines += [f"Requires: {line}" for line in sorted(requires)]
    lines += ["%description", job["summary"].replace("%", "%%"), "%install", "rm -rf %{buildroot}",
              "mv %{azl_tree} %{buildroot}", job["scripts"], *link_scriptlet(tree), "%files", "%defattr(-,root,root,-)"]
    for path in sorted({**tree.files, **tree.folders}):
        words = []
        if path in tree.config and path not in tree.folders:
            words.append("%config(noreplace)")
        if tree.owner[path] != ("root", "root"):
            facts = tree.folders.get(path) or tree.files.get(path)
            mode = f"{facts[0]:04o}" if facts else "-"
            words.append(f"%attr({mode},{','.join(tree.owner[path])})")
        if path in tree.folders:
            words.append("%dir")
        lines.append(" ".join([*words, listed(path)]))
    lines += [f"%ghost {listed(path)}" for path in sorted(tree.alternatives)]
    return "\n".join(lines) + "\n"


def main(job_path, scratch, out):
    os.umask(0o022)
    with open(job_path, encoding="utf-8") as file:
        job = json.load(file)
    epoch = job["sourceDateEpoch"]
    tree = Tree(os.path.join(scratch, "tree"))
    os.makedirs(tree.root)
    drop = re.compile("|".join(f"(?:{fnmatch.translate(pattern)})" for pattern in job["drop"]))
    keep = re.compile("|".join(f"(?:{fnmatch.translate(pattern)})" for pattern in job["keep"]))

    def dropped(path):
        return bool(job["drop"]) and bool(drop.match("/" + path)) and not keep.match("/" + path)

    for deb in job["debs"]:
        unpack(deb, tree, dropped)
    for entry in job["entries"]:
        add_entry(tree, entry, epoch)
    tree.alternatives.update(expected_links(tree))
    tree.alternatives = {
        path: target for path, target in tree.alternatives.items()
        if path not in tree.files and path not in tree.folders and not dropped(path) and place(target) in tree.files
    }
    folders = {folder for path in tree.files for folder in ancestors(path)}
    for folder in list(tree.folders):
        if folder in job["commonFolders"] or (job["debs"] and "usr/share/doc/" in folder and folder not in folders):
            del tree.folders[folder]
    keep_places(tree, epoch)
    settle(tree, epoch)

    provides, requires = elf_dependencies(tree)
    provides.update(provided_by(tree), job["provides"])
    requires = (requires - set(job["ignoredRequires"])) | set(job["requires"])
    if job["debs"]:
        requires |= script_requires(tree, job["name"])

    spec_path = os.path.join(scratch, "package.spec")
    with open(spec_path, "w", encoding="utf-8") as file:
        file.write(spec(job, tree, provides, requires))
    build(spec_path, scratch, tree.root, epoch, job)
    (made,) = glob.glob(os.path.join(glob.escape(scratch), "rpms", "*.rpm"))
    shutil.move(made, out)


def ancestors(path):
    while path := os.path.dirname(path):
        yield path


def build(spec_path, scratch, tree, epoch, job):
    defines = {
        "_topdir": scratch, "_tmppath": scratch, "_rpmdir": os.path.join(scratch, "rpms"), "_dbpath": "/nonexistent",
        "_build_name_fmt": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", "azl_tree": tree,
        "_binary_payload": "w3.zstdio", "_binary_filedigest_algorithm": "8", "_source_filedigest_algorithm": "8",
        "_buildhost": "azl", "use_source_date_epoch_as_buildtime": "1", "source_date_epoch_from_changelog": "0",
        "_build_id_links": "none", "debug_package": "%{nil}", "__os_install_post": "%{nil}",
        "__spec_install_pre": "%{___build_pre}", "__check_files": "%{nil}", "__arch_install_post": "%{nil}",
        "_binaries_in_noarch_packages_terminate_build": "0", "_missing_build_ids_terminate_build": "0",
    }
    argv = ["rpmbuild", "-bb", "--quiet", "--nodeps", "--target", "noarch" if job["noarch"] else job["arch"]]
    for name, value in defines.items():
        argv += ["--define", f"{name} {value}"]
    os.makedirs(os.path.join(scratch, "BUILD"), exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "HOME": scratch}
    ended = subprocess.run([*argv, spec_path], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode:
        sys.exit(f"rpmbuild of {job['name']} failed:\n" + ended.stdout.decode(errors="replace")[-2000:])


if __name__ == "__main__":
    main(*sys.argv[1:])
