"""The syntax errors of PyYAML in plain words."""

from __future__ import annotations

import re

import yaml
from yaml.reader import Reader

from forecaster.errors import Diagnostic, Location

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

# (PyYAML's message, which location to show, summary, hint); the first match counts. "context" is where the faulty
# part begins, "problem" is where PyYAML noticed it.
WORDS: list[tuple[str, str, str, str | None]] = [
    (
        r"character '\\t' that cannot start",
        "problem",
        "a tab where only spaces are allowed",
        "indent with spaces",
    ),
    (
        r"character '(.+)' that cannot start",
        "problem",
        "a value cannot begin with {0}",
        "put the value in quotes",
    ),
    (
        r"mapping values are not allowed",
        "problem",
        "a ':' where no key is expected",
        "check the indentation, or put the value in quotes",
    ),
    (
        r"could not find expected ':'",
        "context",
        "this line is neither 'key: value' nor '- item'",
        "add the ':'",
    ),
    (
        r"sequence entries are not allowed",
        "problem",
        "a '- ' where no list is expected",
        "begin the list on a new line",
    ),
    (r"mapping keys are not allowed", "problem", "a '? ' where no key is expected", "write 'key: value'"),
    (
        r"unexpected end of stream",
        "context",
        "the quote opened here is never closed",
        "add the closing quote",
    ),
    (
        r"unexpected document separator",
        "context",
        "the quote opened here is not closed before '---'",
        "add the closing quote",
    ),
    (
        r"unknown escape character '(.+)'",
        "problem",
        "\\{0} is not an escape sequence",
        "use single quotes, or \\\\ for a backslash",
    ),
    (
        r"escape sequence of (\d+) hexadecimal numbers",
        "problem",
        "this escape needs {0} hexadecimal digits",
        "use single quotes if no escape is meant",
    ),
    (
        r"expected ',' or '}'",
        "context",
        "the '{{' opened here is not closed, or a ',' is missing",
        "add '}}' or ','",
    ),
    (
        r"expected ',' or '\]'",
        "context",
        "the '[' opened here is not closed, or a ',' is missing",
        "add ']' or ','",
    ),
    (
        r"expected <block end>, but found ':'",
        "problem",
        "a ':' without a key before it",
        "add the key",
    ),
    (
        r"expected <block end>, but found '([,}\]])'",
        "problem",
        "{0} has nothing to close or separate",
        "remove it, or put the value in quotes",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "problem",
        "there is text after the end of a value",
        "put the whole value in one pair of quotes",
    ),
    (
        r"expected <block end>",
        "problem",
        "this line is not aligned with the lines around it",
        "indent it like the lines around it",
    ),
    (r"expected the node content, but found '(.+)'", "problem", "a value is missing before {0}", None),
    (
        r"expected chomping or indentation indicators|expected a comment or a line break",
        "problem",
        "nothing may follow | or > on its line",
        "begin the text on the next line, or put it in quotes",
    ),
    (
        r"expected '<document start>'",
        "problem",
        "there is text after the end of the document",
        "check the indentation and the brackets",
    ),
    (r"undefined tag handle", "problem", "tags are not allowed", "write the plain value"),
    (r"incompatible YAML document", "problem", "only YAML 1.1 and 1.2 are read", "remove the %YAML line"),
    (r"duplicate YAML directive", "problem", "two %YAML lines", "keep one"),
]
TOKENS = {
    "<stream end>": "the end of the file",
    "<block end>": "this line",
    "<block mapping start>": "this line",
}


def explain_syntax(error: yaml.YAMLError, file: str) -> Diagnostic:
    """Return one diagnostic, at the location where a reader would look for the mistake."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Diagnostic(f"not YAML: {error}", None, Location(file))
    problem = error.problem or ""
    for pattern, whose, summary, hint in WORDS:
        if match := re.search(pattern, problem):
            mark = (error.context_mark if whose == "context" else None) or error.problem_mark
            found = [TOKENS.get(g, g if g.isalnum() else f"'{g}'") for g in match.groups()]
            return Diagnostic(summary.format(*found), hint and hint.format(), _at(file, mark))
    context = f" {error.context}" if error.context else ""
    return Diagnostic(f"not YAML:{context}: {problem}", None, _at(file, error.problem_mark))


def unprintable(text: str, file: str) -> Diagnostic | None:
    """Return a diagnostic for the first character that YAML does not allow, such as NUL; None without one."""
    match = Reader.NON_PRINTABLE.search(text)
    if match is None:
        return None
    before = LINE_BREAK.split(text[: match.start()])
    where = Location(file, len(before), len(before[-1]) + 1)
    name = f"U+{ord(match.group()):04X}"
    return Diagnostic(f"character {name} is not text", "is this a YAML file?", where)


def _at(file: str, mark: yaml.Mark | None) -> Location:
    return Location(file) if mark is None else Location(file, mark.line + 1, mark.column + 1)
