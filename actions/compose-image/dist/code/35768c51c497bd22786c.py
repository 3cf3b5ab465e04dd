# What the solver may use: an RPM with its capabilities read, the toolchain, and a pool of libsolv filled for one request.
PRIVATE = "\x01"


class Refused(Exception):
    """A request that cannot be met, in a sentence for people."""


class Package:
    """An RPM, with its capabilities as trees."""

    def __init__(self, facts):
        self.file = facts["file"]
        self.name = facts["name"]
        self.arch = facts["arch"]
        epoch = f"{facts['epoch']}:" if facts["epoch"] else ""
        self.evr = f"{epoch}{facts['version']}-{facts['release']}"
        self.files = list(map(canonical, facts["files"]))
        self.paths = frozenset(self.files).union(map(canonical, facts["folders"]))
        # Nobody can require what cannot be read. Without a requirement that cannot be read, it is not installed.
        self.provides = list(filter(None, map(self.term, sorted(facts["provides"]))))
        self.unreadable = set()
        self.requires = self.trees(facts["requires"])
        self.conflicts = self.trees(facts["conflicts"])
        self.obsoletes = self.trees(facts["obsoletes"])
        for text in facts["obsoletes"]:
            if is_rich(text):
                self.unreadable.add(text)

    def trees(self, texts):
        """{text: tree}, sorted."""
        found = {}
        for text in sorted(set(texts)):
            try:
                found[text] = parse(text)
            except Unreadable:
                self.unreadable.add(text)
        return found

    @staticmethod
    def term(text):
        try:
            return None if is_rich(text) else plain(text)
        except Unreadable:
            return None

    def mentioned(self):
        """Every name that its requirements, conflicts and obsoletes speak of."""
        return mentioned(self.requires, self.conflicts, self.obsoletes)


def mentioned(*kinds):
    names = set()
    for trees in kinds:
        for tree in trees.values():
            names |= names_in(tree)
    return names


def read_all(rpms):
    return sorted(map(Package, rpms), key=lambda one: one.file)


class Toolchain:
    """The part of every universe that stays the same, with indexes over its paths."""

    def __init__(self, told):
        self.arch = told["arch"]
        self.stand_ins = told["standIns"]
        self.packages = []
        self.mentions = set()
        self.by_name = {}
        self.by_path = {}
        packages = read_all(told["rpms"])
        on_demand = set(told["onDemand"])
        self.on_demand = {one.file: one for one in packages if one.file in on_demand}
        self.add([one for one in packages if one.file not in on_demand])

    def add(self, packages):
        self.packages = self.packages + packages
        self.mentions = self.mentions.union(*(one.mentioned() for one in packages))
        for one in packages:
            self.by_name[one.name] = self.by_name.get(one.name, ()) + (one.file,)
            for path in one.files:
                self.by_path[path] = self.by_path.get(path, ()) + (one.file,)
        self.paths = frozenset(self.by_path)

    def seen_with(self, files):
        """The same with these of the RPMs that are seen on demand only."""
        if not files:
            return self
        for file in files:
            if file not in self.on_demand:
                raise Invalid(f"the toolchain has no '{file}' on demand")
        seen = copy.copy(self)
        seen.by_name = dict(self.by_name)
        seen.by_path = dict(self.by_path)
        seen.add([self.on_demand[file] for file in sorted(set(files))])
        return seen


class Universe:
    """A pool filled for one request."""

    def __init__(self, toolchain, request):
        self.toolchain = toolchain
        self.install = requested(request["install"])
        self.conflicts = requested(request["conflicts"])
        self.locals = read_all(request["local"])
        self.pool = solv.Pool()
        self.pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        self.pool.setarch(toolchain.arch)
        # What people read, by the number of a dependency that does not say it itself.
        self.texts = {}
        self.packages = {}
        self.asked = {}
        self.ids = {"local": {}, "toolchain": {}}
        # A name's number decides between equals in libsolv: it must not follow the order of use.
        for name in sorted({one.name for one in self.locals + toolchain.packages}):
            self.pool.str2id(name)
        self.add_all("local", 99, self.locals)
        self.add_all("toolchain", 10, toolchain.packages)
        repo = self.pool.add_repo("request")
        self.root = self.add_solvable(repo, PRIVATE + "request", "0-0", "noarch")
        self.add_provides()
        self.pool.createwhatprovides()
        self.met_by_locals = self.private_requirements() if toolchain.stand_ins else {}
        self.add_requires()
        if toolchain.stand_ins:
            self.add_stand_in_conflicts()
        self.pool.createwhatprovides()

    def add_all(self, origin, priority, packages):
        repo = self.pool.add_repo(origin)
        repo.priority = priority
        for one in packages:
            if one.file in self.ids[origin]:
                raise Invalid(f"two {origin} RPMs are '{one.file}'")
            solvable = self.add_solvable(repo, one.name, one.evr, one.arch)
            self.ids[origin][one.file] = solvable.id
            self.packages[solvable.id] = (origin, one)

    def add_solvable(self, repo, name, evr, arch):
        solvable = repo.add_solvable()
        solvable.name = name
        solvable.evr = evr
        solvable.arch = arch
        solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.dep(Term(name, "=", evr)))
        return solvable

    def add_provides(self):
        """What is provided, as far as anything asks for it: that is a small part of it."""
        names = self.toolchain.mentions | mentioned(self.install, self.conflicts)
        for one in self.locals:
            names |= one.mentioned()
        for solvable, _, one in self.each():
            for term in one.provides:
                if term.name in names:
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.dep(term))
        asked = {}
        for path in sorted(name for name in names if name.startswith("/")):
            asked.setdefault(canonical(path), []).append(path)
        paths = frozenset(asked)
        for solvable, _, one in self.each():
            for path in sorted(paths & one.paths):
                for spelling in asked[path]:
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, self.pool.Dep(spelling))

    def private_requirements(self):
        """
        Requirements that the request or a local RPM names, also inside of a rich one, and that a local RPM satisfies:
        no stand-in may then. {part of a requirement: the private capability that those local RPMs provide}
        """
        trees = [*self.install.values(), *(tree for one in self.locals for tree in one.requires.values())]
        private = {}
        for part in sorted({part for tree in trees for part in asked_for(tree)}, key=repr):
            dep = self.dep(part)
            able = [one for one in self.pool.whatprovides(dep) if one.repo.name == "local"]
            if able:
                private[part] = f"{PRIVATE}local {part!r}"
                mark = self.pool.Dep(private[part])
                self.texts[mark.id] = dep.str()
                for solvable in able:
                    solvable.add_deparray(solv.SOLVABLE_PROVIDES, mark)
        return private

    def add_requires(self):
        for text, tree in self.install.items():
            self.require(self.root, text, tree)
        for tree in self.conflicts.values():
            self.root.add_deparray(solv.SOLVABLE_CONFLICTS, self.dep(tree))
        for solvable, origin, one in self.each():
            for text, tree in one.requires.items():
                if origin == "local":
                    self.require(solvable, text, tree)
                else:
                    solvable.add_deparray(solv.SOLVABLE_REQUIRES, self.dep(tree))
            for tree in one.conflicts.values():
                solvable.add_deparray(solv.SOLVABLE_CONFLICTS, self.dep(tree))
            for tree in one.obsoletes.values():
                solvable.add_deparray(solv.SOLVABLE_OBSOLETES, self.dep(tree))
            for text in sorted(one.unreadable):
                mark = self.pool.Dep(f"{PRIVATE}unreadable {text}")
                self.texts[mark.id] = shown(text)
                solvable.add_deparray(solv.SOLVABLE_REQUIRES, mark)

    def require(self, solvable, text, tree):
        """Adds a requirement that local RPMs satisfy where they can."""
        dep = self.dep(tree, self.met_by_locals)
        self.texts[dep.id] = text
        solvable.add_deparray(solv.SOLVABLE_REQUIRES, dep)
        parts = (self.dep(part, self.met_by_locals) for part in asked_for(tree))
        self.asked.setdefault(solvable.id, []).extend(parts)

    def add_stand_in_conflicts(self):
        """A stand-in gives way to a local RPM that has its name or one of its files."""
        provided = set()
        for file, number in self.ids["local"].items():
            one = self.packages[number][1]
            away = set(self.toolchain.by_name.get(one.name, []))
            for path in self.toolchain.paths.intersection(one.files):
                away.update(self.toolchain.by_path[path])
            for stand_in in sorted(away):
                mark = self.pool.Dep(f"{PRIVATE}stand-in {stand_in}")
                self.pool.id2solvable(number).add_deparray(solv.SOLVABLE_CONFLICTS, mark)
                if stand_in not in provided:
                    provided.add(stand_in)
                    other = self.pool.id2solvable(self.ids["toolchain"][stand_in])
                    other.add_deparray(solv.SOLVABLE_PROVIDES, mark)

    def each(self):
        for number, (origin, one) in self.packages.items():
            yield self.pool.id2solvable(number), origin, one

    def dep(self, tree, private={}):
        """libsolv's form of a tree. @param private what stands for parts of it"""
        if tree in private:
            return self.pool.Dep(private[tree])
        if isinstance(tree, Term):
            dep = self.pool.Dep(tree.name)
            return dep.Rel(RELATIONS[tree.relation], self.pool.Dep(tree.evr)) if tree.relation else dep
        if tree.operator in ("with", "without"):
            private = {}
        first, second, *others = tree.operands
        dep = self.dep(first, private)
        if tree.operator in CONDITIONS:
            # A condition is about the whole root, stand-ins included, as rpm sees it.
            condition = self.dep(second)
            for other in others:
                condition = condition.Rel(solv.REL_ELSE, self.dep(other, private))
            return dep.Rel(OPERATORS[tree.operator], condition)
        for operand in tree.operands[1:]:
            dep = dep.Rel(OPERATORS[tree.operator], self.dep(operand, private))
        return dep


def requested(texts):
    """{text: tree} of what a request names, sorted. @raises Refused"""
    found = {}
    for text in sorted(set(texts)):
        try:
            found[text] = parse(text)
        except Unreadable:
            raise Refused(f"'{shown(text)}' is no capability that can be read")
    return found
