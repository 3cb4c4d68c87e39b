"""Configs that somebody got wrong on purpose: mutations of those that ship, with any value in any place."""

from __future__ import annotations

import copy
import errno
import json
import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import forecaster as fc
from forecaster.config.parsed_yaml import parse_yaml
from forecaster.errors import MOST_CHARACTERS, ForecasterError

pytestmark = pytest.mark.slow

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.yaml"))
N_CASES = 700
# Each is written into the file as it stands here.
# fmt: off
VALUES = [
    '', '~', 'null', '[]', '{}', "''", 'true', 'yes', 'no', 'on', 'y', '0', '1', '-1', '-0', '0.0', '-0.0', '1.5',
    '.nan', '.inf', '-.inf', '1e308', '1e309', '-1e999', '5e-324', '1e-4', '+1', '1_000', '0x10', '0o17', '0123',
    '12:30', '12:30:45', '2024-01-31', '2024-01-31T06:00:00Z', '2024-13-45', '1.', '.5', '1e3', '1,5', '50%',
    '2147483648', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '18446744073709551616',
    '1000000000000000000', '1' + '00' * 200 + '', '' + '99' * 2500 + '', '65536', '1000000', '1000000000',
    '1000000000000', '-1000000000000', '1' + '00' * 2500 + '.5', "'\\'", '"\\x1b[31m"', '"\\u202e"', '"\\ud800"',
    '"\\0"', '"\\n"', '"\\t"', "'a: b'", "'#'", "'%s'", "'{0}'", '"\\u200b"', '"\\x9b2J"', 'é', '東京', '👍',
    '\u202eabc', 'a\u200bb', '\ufeff', '\u2028', '\x85', 'á', '&a x', '*a', '&a [*a]', '!!python/object:os.system x',
    '!!str 1', '!!binary aGk=', '!x y', '<<', '=', '? a', "[" * 40, "{a: " * 40 + "1" + "}" * 40, '[1, 2, 3]',
    '[a, b]', '[[1]]', '[null]', '[.nan]', '[1e400]', '[{}]', '{a: 1}', '{type: gru}', '{type: x}', '{type: 1}',
    '{type: [a]}', '{type: null}', '{1: 2}', '{null: 1}', "{'': 1}", '{int: 1}', '{int: {}}',
    '{int: {min: 1, max: 9, default: 3}}', '{int: {min: 9, max: 1, default: 3}}',
    '{float: {min: 0, max: 1, default: .nan}}', '{float: {min: -1.0e308, max: 1.0e308, step: 1.0e-300, default: 0}}',
    '{float: {min: 0.0, max: 1.0, step: 5.0e-324, default: 0.5}}', '{choice: {values: [], default: 1}}',
    '{choice: {values: [1, true, 1.0, null, a], default: a}}', '{choice: {values: [[1]], default: 1}}',
    '{int: {min: -9223372036854775808, max: 9223372036854775807, step: 1, default: 0}}', '{boolean: {default: 1}}',
    '{int: {min: 1, max: 9, default: 3}, float: 1}', '{boolean: {default: true}}',
    '{choice: {values: [1], default: 1}}', '' + 'xx' * 5000 + '', "'" + 'x ' * 5000 + "'", '|\n    text',
    '>\n    text', '- a', 'a: b: c', "'open", '"open', '@x', '`x', '%x', '\t1', '1 # note', '[1, 2', '{a: 1', 'a]',
    'a}', 'America', '../../etc/passwd', 'utf-16', 'base64', 'undefined', 'seasonal_naive_2',
    'seasonal_naive_99999999999', '999999999999999999999999999999h', '0h', '-1D', 'h\x00', 'W-XXX', '2024-W53',
    '1e5s', 'holiday:XX', 'holiday:US', '99999999999999999999m', 'val_' + 'xx' * 2500 + '', 'val_mae', '<in memory>',
    '/dev/zero', '/',
]
LINES = [
    'a: 1', 'seed: 1', '? [a]\n: 1', '- a', '--- ', '...', '%YAML 3.0', '<<: {a: 1}', 'key: &x [*x]', '{', ']',
    '\ta: 1', '' + 'aa' * 1000 + ': 1', '"\\x1b[2J": 1', '"\\u202e": 1', '1: 2', 'null: 3', "'': 4", '.nan: 5',
    '  odd: indent', '# \x85 x', '\x00', '\x1b', '\ufffe', '\ufeff', 'a:\tb', '! x', 'a: !!set {x}',
    'a: !!timestamp 2024-01-01', 'x: ' + '[[' * 500 + '',
]
# fmt: on


@cache
def places(text: str) -> list[tuple[str | int, ...]]:
    """Return the path of every value of a config."""
    return [path for path in parse_yaml(text, "c.yaml").positions.values if path]


class Raw(str):
    """Text that is written into the file without quotes."""


def written(value: Any) -> str:
    """Return values in flow style, which has every mutation on the line of its key."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(v) for v in value) + "]"
    return json.dumps(value)


def with_value(tree: Any, path: tuple[str | int, ...], text: str) -> str:
    """Return a config with another text in the place of one value: a line for each section."""
    tree = copy.deepcopy(tree)
    inside = tree
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = Raw(text)
    return "".join(f"{key}: {written(value)}\n" for key, value in tree.items())


def mutated(random_: random.Random) -> Iterator[bytes]:
    """Yield configs, each with one to three mutations."""
    texts = [path.read_text(encoding="utf-8") for path in CONFIGS]
    trees = [yaml.safe_load(text) for text in texts]
    while True:
        at = random_.randrange(len(texts))
        text, tree = texts[at], trees[at]
        match random_.randrange(10):
            case 0:
                lines = text.splitlines()
                lines.insert(random_.randrange(len(lines)), random_.choice(LINES))
                yield "\n".join(lines).encode("utf-8", "surrogatepass")
            case 1:
                raw = bytearray(text.encode())
                for _ in range(random_.randint(1, 3)):
                    raw[random_.randrange(len(raw))] = random_.randrange(256)
                yield bytes(raw)
            case 2:
                lines = text.splitlines()
                del lines[random_.randrange(len(lines))]
                lines.insert(random_.randrange(len(lines)), random_.choice(lines))
                yield "\n".join(lines).encode()
            case 3:
                key, value = random_.choice([*tree]), random_.choice(VALUES)
                yield written({**tree, key: Raw(value)}).encode("utf-8", "surrogatepass")
            case _:
                path, value = random_.choice(places(text)), random_.choice(VALUES)
                yield with_value(tree, path, value).encode("utf-8", "surrogatepass")


@cache
def cases() -> list[bytes]:
    """Return the empty file, files of other kinds, and the mutations."""
    odd = [
        "",
        " ",
        "\n",
        "#",
        "[]",
        "- a",
        "1",
        "null",
        "a",
        "---",
        "--- a\n--- b",
        "{}",
        "\ufeff",
        "a:",
        "? ",
        "'",
        "{a",
        "*a",
    ]
    fixed = [text.encode() for text in odd] + [
        b"\xff\xfea\0",
        b"\x00",
        b"\x80",
        b"a: \xc3",
        b"\xef\xbb\xbf[]",
        b"PAR1",
        b"\x89PNG",
    ]
    generated = mutated(random.Random(20261126))
    return fixed + [next(generated) for _ in range(N_CASES - len(fixed))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    rows = "\n".join(f"2013-01-{1 + i // 24:02} {i % 24:02}:00,a,{i % 7}" for i in range(480))
    (made / "data").mkdir()
    (made / "configs").mkdir()
    (made / "data" / "nyc_departures.csv").write_text(f"time_hour,origin,departures\n{rows}\n")
    return made


def answer(path: Path) -> ForecasterError | None:
    """Return why a config is refused; None if it is valid."""
    try:
        fc.validate(fc.Experiment.from_yaml(path))
    except ForecasterError as refused:
        return refused
    except OSError as refused:
        # The command line turns it into a message with the exit status of the environment.
        if refused.errno != errno.ENAMETOOLONG:
            raise
    return None


@pytest.mark.parametrize("part", range(20))
def test_a_hostile_config_gets_an_answer(part: int, folder: Path) -> None:
    path = folder / "configs" / "c.yaml"
    for number, raw in [*enumerate(cases())][part::20]:
        path.write_bytes(raw)
        refused = answer(path)
        if refused is None:
            continue
        message, lines = str(refused), str(refused).splitlines()
        odd = [c for c in message if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        assert refused.exit_code == 2, (number, raw, message)
        assert len(message) <= MOST_CHARACTERS + 100, (number, raw)
        assert not odd, (number, raw, message)
        assert all(lines), (number, raw, message)
