# Reads capabilities: plain ones, and rich dependencies as trees. The texts of this folder are one program, this first.
import copy
import re
from collections import namedtuple

import solv

RELATIONS = {
    "<": solv.REL_LT,
    "<=": solv.REL_LT | solv.REL_EQ,
    "=<": solv.REL_LT | solv.REL_EQ,
    "=": solv.REL_EQ,
    "==": solv.REL_EQ,
    ">=": solv.REL_GT | solv.REL_EQ,
    "=>": solv.REL_GT | solv.REL_EQ,
    ">": solv.REL_GT,
}
CHAINS = {"and": solv.REL_AND, "or": solv.REL_OR, "with": solv.REL_WITH}
# Operators of two operands that cannot be chained. Those in CONDITIONS may have an `else`.
CONDITIONS = {"if": solv.REL_COND, "unless": solv.REL_UNLESS}
OPERATORS = {**CHAINS, **CONDITIONS, "without": solv.REL_WITHOUT}
# libsolv takes a rich dependency apart into alternatives: in the worst case their number grows exponentially.
MOST_ALTERNATIVES = 10000
DEEPEST = 64
# Control characters are left to what we make up ourselves, which cannot be met by accident or on purpose.
BLANKS = " \t\n\r\f\v"
WORD = r"[^\x00-\x20\x7f]+"
PLAIN = re.compile(rf"[{BLANKS}]*({WORD})(?:[{BLANKS}]+({'|'.join(RELATIONS)})[{BLANKS}]+({WORD}))?[{BLANKS}]*")

# A name, with a comparison and a version or with neither (None).
Term = namedtuple("Term", "name relation evr")
# Operands are trees: of `if` and `unless` the first, the condition and, if there is one, that of `else`.
Rich = namedtuple("Rich", "operator operands")


class Unreadable(Exception):
    """A text that is no capability."""


def canonical(path):
    """The path in a root where /bin, /sbin, /lib and /lib64 are links into /usr."""
    return "/usr" + path if path.startswith(("/bin/", "/sbin/", "/lib/", "/lib64/")) else path


def is_rich(text):
    return text.startswith("(")


def shown(text):
    """A text that came from outside, for people."""
    return text if len(text) <= 200 else f"{text[:200]}…"


def parse(text):
    """The tree of a capability. @raises Unreadable"""
    if not is_rich(text):
        return plain(text)
    words = tokens(text)
    next(words)
    tree = group(words, 1)
    if next(words, None) is not None or alternatives(tree) > MOST_ALTERNATIVES:
        raise Unreadable()
    return tree


def plain(text):
    if text.startswith("/"):
        # A path is a path as a whole: it has no version, and those in lists of files may have blanks.
        if text.isprintable():
            return Term(text, None, None)
        raise Unreadable()
    found = PLAIN.fullmatch(text)
    if found is None:
        raise Unreadable()
    return Term(*found.groups())


def tokens(text):
    """The words and grouping parentheses of a rich dependency. Those of a name, as in perl(Foo), belong to the name."""
    at = 0
    while at < len(text):
        if text[at] in BLANKS:
            at += 1
            continue
        start, depth = at, 0
        at += 1
        if text[start] not in "()":
            while at < len(text) and text[at] not in BLANKS and not (text[at] == ")" and depth == 0):
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
            if depth > 0 or not re.fullmatch(WORD, text[start:at]):
                raise Unreadable()
        yield text[start:at]


def group(words, depth):
    """The tree up to the parenthesis that closes it."""
    operators, operands = [], []
    word = "("
    while word != ")":
        if operands:
            operators.append(word)
        operand, word = read_operand(words, depth)
        operands.append(operand)
    return combine(operators, operands)


def read_operand(words, depth):
    """An operand, and the word behind it."""
    word = next(words, None)
    if word is None or word == ")" or depth > DEEPEST:
        raise Unreadable()
    if word == "(":
        return group(words, depth + 1), word_of(words)
    after = word_of(words)
    if after not in RELATIONS:
        return Term(word, None, None), after
    evr = word_of(words)
    if evr in "()" or word.startswith("/"):
        raise Unreadable()
    return Term(word, after, evr), word_of(words)


def word_of(words):
    word = next(words, None)
    if word is None:
        raise Unreadable()
    return word


def combine(operators, operands):
    first = operators[0] if operators else None
    if first is None:
        return operands[0]
    is_chain = first in CHAINS and set(operators) == {first}
    is_condition = first in CONDITIONS and operators[1:] in ([], ["else"])
    if is_chain or is_condition or operators == ["without"]:
        return Rich(first, tuple(operands))
    raise Unreadable()


def alternatives(tree):
    """An upper bound of the clauses that a tree becomes, either way round: more than the limit, or their number."""
    if isinstance(tree, Term) or tree.operator in ("with", "without"):
        return 1
    total, product = 0, 2 if tree.operator in CONDITIONS else 1
    for operand in tree.operands:
        size = alternatives(operand)
        total += size
        product = min(product * size, MOST_ALTERNATIVES + 1)
    return max(total, product)


def names_in(tree):
    """Every name of a tree."""
    if isinstance(tree, Term):
        return {tree.name}
    return set().union(*(names_in(one) for one in tree.operands))


def asked_for(tree):
    """The parts of a tree that can satisfy it, each by one RPM: all but conditions."""
    if isinstance(tree, Term) or tree.operator in ("with", "without"):
        return [tree]
    operands = tree.operands[::2] if tree.operator in CONDITIONS else tree.operands
    return [part for one in operands for part in asked_for(one)]
