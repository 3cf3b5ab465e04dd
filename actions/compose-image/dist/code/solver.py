# Answers which RPMs are needed so that a list of capabilities is installed. It sees no file, only what it is told:
# one JSON document a line on standard input (first the toolchain, then requests), one JSON answer a line on standard
# output. It ends when its input ends. Every request gets a pool of its own, filled in sorted order, so an answer
# depends on its request alone.
import json
import re
import signal
import sys

import solv

RELATIONS = {
    "<": solv.REL_LT,
    "<=": solv.REL_LT | solv.REL_EQ,
    "=": solv.REL_EQ,
    ">=": solv.REL_GT | solv.REL_EQ,
    ">": solv.REL_GT,
}
# No RPM has a control character in a name: what we make up cannot be met by accident or on purpose.
PRIVATE = "\x01"


def canonical(path):
    """The path in a root where /bin, /sbin, /lib and /lib64 are links into /usr."""
    return "/usr" + path if re.match(r"/(s?bin|lib|lib64)/", path) else path


def parts(text):
    """(name, relation, evr) of a plain capability."""
    words = text.split()
    if len(words) == 3 and words[1] in RELATIONS:
        return words[0], words[1], words[2]
    return text.strip(), None, None


def mentioned(text):
    """Every name that a capability may speak of; a rich one may give some that are none, which does no harm."""
    if not text.startswith("("):
        return {parts(text)[0]}
    names = set()
    for word in text.split():
        word = word.lstrip("(")
        names.add(word)
        while word.endswith(")"):
            word = word[:-1]
            names.add(word)
    return names


def mentions(rpms):
    names = set()
    for rpm in rpms:
        for kind in ("requires", "conflicts", "obsoletes"):
            for text in rpm[kind]:
                names |= mentioned(text)
    return names


def evr_of(rpm):
    epoch = f"{rpm['epoch']}:" if rpm["epoch"] else ""
    return f"{epoch}{rpm['version']}-{rpm['release']}"


class Toolchain:
    """The part of every universe that stays the same, with indexes over its paths."""

    def __init__(self, told):
        self.arch = told["arch"]
        self.stand_ins = told["standIns"]
        self.rpms = sorted(told["rpms"], key=lambda rpm: rpm["file"])
        self.mentions = mentions(self.rpms)
        self.owners = owners_of(self.rpms)
        self.by_name = {}
        self.by_path = {}
        for rpm in self.rpms:
            self.by_name.setdefault(rpm["name"], []).append(rpm["file"])
            for path in rpm["files"]:
                self.by_path.setdefault(canonical(path), []).append(rpm["file"])


def owners_of(rpms):
    """Which RPMs have a path, be it a file or a folder."""
    owners = {}
    for rpm in rpms:
        for path in rpm["files"] + rpm["folders"]:
            owners.setdefault(canonical(path), []).append(rpm["file"])
    return owners


class Universe:
    """A pool filled for one request."""

    def __init__(self, toolchain, request):
        self.toolchain = toolchain
        self.install = sorted(set(request["install"]))
        self.locals = sorted(request["local"], key=lambda rpm: rpm["file"])
        self.pool = solv.Pool()
        self.pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        self.pool.setarch(toolchain.arch)
        self.texts = {}
        self.rpms = {}
        self.ids = {"local": {}, "toolchain": {}}
        # A name's number decides between equals in libsolv: it must not follow the order of use.
        for name in sorted({rpm["name"] for rpm in self.locals + toolchain.rpms}):
            self.pool.str2id(name)
        self.add_all("local", 99, self.locals)
        self.add_all("toolchain", 10, toolchain.rpms)
        repo = self.pool.add_repo("request")
        self.root = self.add_solvable(repo, PRIVATE + "request", "0-0", "noarch")
        self.add_provides()
        self.pool.createwhatprovides()
        self.met_by_locals = self.private_requirements() if toolchain.stand_ins else {}
        self.add_requires()
        if toolchain.stand_ins:
            self.add_stand_in_conflicts()
        self.pool.createwhatprovides()

    def add_all(self, origin, priority, rpms):
        repo = self.pool.add_repo(origin)
        repo.priority = priority
        for rpm in rpms:
            solvable = self.add_solvable(repo, rpm["name"], evr_of(rpm), rpm["arch"])
            self.ids[origin][rpm["file"]] = solvable.id
            self.rpms[solvable.id] = (origin, rpm)

    def add_solvable(self, repo, name, evr, arch):
        solvable = repo.add_solvable()
        solvable.name = name
        solvable.evr = evr
        solvable.arch = arch
        solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.dep(f"{name} = {evr}"))
        return solvable

    def add_provides(self):
        """What is provided, as far as anything asks for it: that is a small part of it."""
        names = self.toolchain.mentions | mentions(self.locals)
        for text in self.install:
            names |= mentioned(text)
        for solvable, origin, rpm in self.each():
            for text in sorted(rpm["provides"]):
                if parts(text)[0] in names:
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.dep(text))
        owners = {"local": owners_of(self.locals), "toolchain": self.toolchain.owners}
        for path in sorted(name for name in names if name.startswith("/")):
            for origin in ("local", "toolchain"):
                for file in owners[origin].get(canonical(path), []):
                    solvable = self.pool.id2solvable(self.ids[origin][file])
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.dep(path))

    def private_requirements(self):
        """
        Requirements that the request or a local RPM names and that a local RPM satisfies: no stand-in may then.
        {requirement: the private capability that those local RPMs provide}
        """
        asked = set(self.install)
        for rpm in self.locals:
            asked.update(rpm["requires"])
        private = {}
        for text in sorted(asked):
            if text.startswith("("):
                continue
            able = [one for one in self.pool.whatprovides(self.dep(text)) if one.repo.name == "local"]
            if able:
                private[text] = f"{PRIVATE}local {text}"
                for solvable in able:
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.pool.Dep(private[text]))
        return private

    def add_requires(self):
        for text in self.install:
            self.root.add_deparray(solv.SOLVABLE_REQUIRES, self.wanted(text))
        for solvable, origin, rpm in self.each():
            for text in sorted(rpm["requires"]):
                dep = self.wanted(text) if origin == "local" else self.dep(text)
                solvable.add_deparray(solv.SOLVABLE_REQUIRES, dep)
            for text in sorted(rpm["conflicts"]):
                solvable.add_deparray(solv.SOLVABLE_CONFLICTS, self.dep(text))
            for text in sorted(rpm["obsoletes"]):
                solvable.add_deparray(solv.SOLVABLE_OBSOLETES, self.dep(text))

    def add_stand_in_conflicts(self):
        """A stand-in gives way to a local RPM that has its name or one of its files."""
        provided = set()
        for file, number in self.ids["local"].items():
            rpm = self.rpms[number][1]
            away = set(self.toolchain.by_name.get(rpm["name"], []))
            for path in rpm["files"]:
                away.update(self.toolchain.by_path.get(canonical(path), []))
            for stand_in in sorted(away):
                mark = self.dep_of_mark(stand_in)
                self.pool.id2solvable(number).add_deparray(solv.SOLVABLE_CONFLICTS, mark)
                if stand_in not in provided:
                    provided.add(stand_in)
                    other = self.pool.id2solvable(self.ids["toolchain"][stand_in])
                    other.add_deparray(solv.SOLVABLE_PROVIDES, mark)

    def dep_of_mark(self, stand_in):
        return self.pool.Dep(f"{PRIVATE}stand-in {stand_in}")

    def each(self):
        for number, (origin, rpm) in self.rpms.items():
            yield self.pool.id2solvable(number), origin, rpm

    def wanted(self, text):
        private = self.met_by_locals.get(text)
        if private is None:
            return self.dep(text)
        dep = self.pool.Dep(private)
        self.texts[dep.id] = text
        return dep

    def dep(self, text):
        if text.startswith("("):
            dep = self.pool.parserpmrichdep(text)
            if dep is None:
                raise Refused(f"'{text}' is no rich dependency that can be read")
        else:
            name, relation, evr = parts(text)
            dep = self.pool.Dep(name)
            if relation:
                dep = dep.Rel(RELATIONS[relation], self.pool.Dep(evr))
        self.texts[dep.id] = text
        return dep

    def solve(self, jobs):
        """(ids of what is installed, None) or (None, problems)."""
        solver = self.pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        # A problem does not keep its solver alive, and crashes when it is looked at without.
        self.solver = solver
        problems = solver.solve(jobs)
        if problems:
            return None, problems
        return {one.id for one in solver.transaction().newsolvables() if one.id in self.rpms}, None

    def job(self, number, weak=False):
        how = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE | (solv.Job.SOLVER_WEAK if weak else 0)
        return self.pool.Job(how, number)

    def chosen_locals(self, installed):
        """Local RPMs of a solution that the request, or another of them, asks for."""
        chosen = set()
        queue = list(self.root.lookup_deparray(solv.SOLVABLE_REQUIRES))
        while queue:
            for one in self.pool.whatprovides(queue.pop()):
                if one.id in installed and one.id not in chosen and one.repo.name == "local":
                    chosen.add(one.id)
                    queue.extend(one.lookup_deparray(solv.SOLVABLE_REQUIRES))
        return chosen

    def base_jobs(self, base):
        """What is kept where nothing stands against it; with a manifest, a local RPM of the same name instead."""
        jobs = []
        for file in sorted(set(base)):
            number = self.ids["toolchain"].get(file)
            if number is None:
                raise Refused(f"the toolchain has no '{file}'")
            if not self.toolchain.stand_ins:
                number = self.successor(self.rpms[number][1]["name"]) or number
            jobs.append(self.job(number, weak=True))
        return jobs

    def successor(self, name):
        found = None
        for file, number in self.ids["local"].items():
            one = self.pool.id2solvable(number)
            if one.name == name and (found is None or one.evrcmp(found) > 0):
                found = one
        return found.id if found else None

    def answer(self, base):
        """
        First without the base, so that it never decides which local RPM is taken; then with it, and the local RPMs
        that were asked for held fast.
        """
        root = self.job(self.root.id)
        installed, problems = self.solve([root])
        if installed is None:
            return self.refusal(problems)
        fast = [self.job(number) for number in sorted(self.chosen_locals(installed))]
        kept, problems = self.solve([root, *fast, *self.base_jobs(base)])
        if kept is None:
            return self.refusal(problems)
        rpms = [self.rpms[number] for number in kept]
        files = sorted((rpm["file"], origin) for origin, rpm in rpms)
        return {"ok": True, "installed": [{"origin": origin, "file": file} for file, origin in files]}

    def refusal(self, problems):
        missing = set()
        sentences = set()
        for problem in problems:
            for rule in problem.findallproblemrules():
                info = rule.info()
                if info.type == solv.Solver.SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
                    missing.add(self.text_of(info.dep_id))
                sentence = self.sentence(info)
                if sentence:
                    sentences.add(sentence)
        return {"ok": False, "problems": sorted(sentences), "missing": sorted(missing)}

    def sentence(self, info):
        one, other = self.label(info.solvable), self.label(info.othersolvable)
        dep = self.text_of(info.dep_id) if info.dep_id else ""
        kind = info.type
        if kind == solv.Solver.SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
            return f"nothing provides '{dep}'" + (f" needed by {one}" if one else "")
        if kind == solv.Solver.SOLVER_RULE_PKG_REQUIRES:
            able = sorted(filter(None, (self.label(each) for each in self.pool.whatprovides(info.dep_id))))
            names = f"{', '.join(able[:3])}{' …' if len(able) > 3 else ''}"
            return f"{one or 'the request'} needs '{dep}', provided by {names}" if able else None
        if kind == solv.Solver.SOLVER_RULE_PKG_CONFLICTS:
            if dep.startswith(PRIVATE):
                return f"{one} takes the place of {other}"
            return f"{one} conflicts with {other} ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_SELF_CONFLICT:
            return f"{one} conflicts with itself ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_OBSOLETES:
            return f"{one} obsoletes {other} ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_SAME_NAME:
            first, second = sorted((one, other))
            return f"{first} and {second} have one name: only one of them can be installed"
        return None

    def text_of(self, number):
        return self.texts.get(number) or self.pool.dep2str(number)

    def label(self, solvable):
        """The RPM's name for people; empty for the request itself and for no solvable."""
        if solvable is None or solvable.id not in self.rpms:
            return ""
        return self.rpms[solvable.id][1]["file"].removesuffix(".rpm")


class Refused(Exception):
    """A request that cannot be understood."""


def main():
    # Ctrl-C reaches the whole process group; who started us decides when we end, by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    toolchain = Toolchain(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = Universe(toolchain, request).answer(request["base"])
        except Refused as refused:
            answer = {"refused": str(refused)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
