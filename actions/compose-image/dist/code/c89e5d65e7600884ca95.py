# Answers which RPMs are needed so that a list of capabilities is installed. It sees no file, only what it is told:
# one JSON document a line on standard input (first the toolchain, then requests), one JSON answer a line on standard
# output. It ends when its input ends. Every request gets a pool of its own, filled in sorted order, so an answer
# depends on its request alone.
import json
import signal
import sys


class Invalid(Exception):
    """A request that cannot be understood: an error of who asks."""


class Question:
    """One request, and its universe."""

    def __init__(self, toolchain, request):
        self.toolchain = toolchain
        self.base = sorted(set(request["base"]))
        self.universe = Universe(toolchain, request)
        self.pool = self.universe.pool
        self.root = self.universe.root
        self.packages = self.universe.packages

    def solve(self, jobs):
        """(ids of what is installed, None) or (None, problems)."""
        solver = self.pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        # A problem does not keep its solver alive, and crashes when it is looked at without.
        self.solver = solver
        problems = solver.solve(jobs)
        if problems:
            return None, problems
        return {one.id for one in solver.transaction().newsolvables() if one.id in self.packages}, None

    def job(self, number, weak=False):
        how = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE | (solv.Job.SOLVER_WEAK if weak else 0)
        return self.pool.Job(how, number)

    def chosen_locals(self, installed):
        """Local RPMs of a solution that the request, or another of them, asks for."""
        asked = self.universe.asked
        chosen = set()
        queue = list(asked.get(self.root.id, []))
        while queue:
            for one in self.pool.whatprovides(queue.pop()):
                if one.id in installed and one.id not in chosen and one.repo.name == "local":
                    chosen.add(one.id)
                    queue.extend(asked.get(one.id, []))
        return chosen

    def base_jobs(self):
        """What is kept where nothing stands against it; with a manifest, a local RPM of the same name instead."""
        jobs = []
        for file in self.base:
            number = self.universe.ids["toolchain"].get(file)
            if number is None:
                raise Invalid(f"the toolchain has no '{file}'")
            if not self.toolchain.stand_ins:
                number = self.successor(self.packages[number][1].name) or number
            jobs.append(self.job(number, weak=True))
        return jobs

    def successor(self, name):
        found = None
        for number in self.universe.ids["local"].values():
            one = self.pool.id2solvable(number)
            if one.name == name and (found is None or one.evrcmp(found) > 0):
                found = one
        return found.id if found else None

    def answer(self):
        """
        First without the base, so that it never decides which local RPM is taken; then with it, and the local RPMs
        that were asked for held fast.
        """
        root = self.job(self.root.id)
        installed, problems = self.solve([root])
        if installed is None:
            return self.refusal(problems)
        fast = [self.job(number) for number in sorted(self.chosen_locals(installed))]
        kept, problems = self.solve([root, *fast, *self.base_jobs()])
        if kept is None:
            return self.refusal(problems)
        files = sorted((one.file, origin) for origin, one in map(self.packages.get, kept))
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
        asker = one or "the request"
        dep = self.text_of(info.dep_id) if info.dep_id else ""
        kind = info.type
        if kind == solv.Solver.SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
            if self.pool.dep2str(info.dep_id).startswith(f"{PRIVATE}unreadable"):
                return f"'{dep}' of {one} is no capability that can be read"
            return f"nothing provides '{dep}'" + (f" needed by {one}" if one else "")
        if kind == solv.Solver.SOLVER_RULE_PKG_REQUIRES:
            able = sorted(filter(None, (self.label(each) for each in self.pool.whatprovides(info.dep_id))))
            names = f"{', '.join(able[:3])}{' …' if len(able) > 3 else ''}"
            return f"{asker} needs '{dep}', provided by {names}" if able else None
        if kind == solv.Solver.SOLVER_RULE_PKG_CONFLICTS:
            if dep.startswith(PRIVATE):
                return f"{one} takes the place of {other}"
            return f"{asker} conflicts with {other} ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_SELF_CONFLICT:
            return f"{one} conflicts with itself ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_OBSOLETES:
            return f"{one} obsoletes {other} ('{dep}')"
        if kind == solv.Solver.SOLVER_RULE_PKG_SAME_NAME:
            first, second = sorted((one, other))
            return f"{first} and {second} have one name: only one of them can be installed"
        return None

    def text_of(self, number):
        return self.universe.texts.get(number) or self.pool.dep2str(number)

    def label(self, solvable):
        """The RPM's name for people; empty for the request itself and for no solvable."""
        if solvable is None or solvable.id not in self.packages:
            return ""
        return self.packages[solvable.id][1].file.removesuffix(".rpm")


def answer_of(toolchain, request):
    try:
        return Question(toolchain.seen_with(request["onDemand"]), request).answer()
    except Refused as refused:
        return {"ok": False, "problems": [str(refused)], "missing": []}
    except Invalid as invalid:
        return {"invalid": str(invalid)}


def main():
    # Ctrl-C reaches the whole process group; who started us decides when we end, by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    toolchain = Toolchain(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer_of(toolchain, json.loads(line))) + "\n")
        sys.stdout.flush()


main()
