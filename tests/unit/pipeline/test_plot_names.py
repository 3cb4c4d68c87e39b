"""Names of plot files: every file system takes them, and no two series share one."""

from forecaster.pipeline.plot import _file_name


def names(ids: list[str], targets: list[str]) -> list[str]:
    return [_file_name(s, t, ids, targets) for s in ids for t in targets]


def test_plain_names_are_the_names_of_series_and_target() -> None:
    assert names(["JFK", "LGA"], ["delay"]) == ["JFK-delay", "LGA-delay"]
    assert names([""], ["y"]) == ["y"]


def test_other_letters_are_replaced_and_marked() -> None:
    [name] = names(["Zürich: Süd/West"], ["y"])
    assert name == "Z_rich_S_d_West-y-56af6d3c"


def test_names_that_differ_by_case_alone_are_two_files_everywhere() -> None:
    found = names(["Shop", "shop", "other"], ["y"])
    assert len({name.casefold() for name in found}) == 3
    assert found[2] == "other-y"


def test_names_that_are_put_together_alike_are_two_files() -> None:
    assert len(set(names(["a", "a-b"], ["b-c", "c"]))) == 4


def test_names_of_devices_and_of_the_plots_of_training_are_marked() -> None:
    for name in ("con", "aux.1", "loss", "Forecast"):
        [found] = names([""], [name])
        assert found != name
        assert not found.casefold().startswith(("con.", "aux."))
        assert name in found
    assert not found.startswith("con")


def test_a_long_name_is_cut_and_marked() -> None:
    first, second = names(["x" * 300 + "1", "x" * 300 + "2"], ["y"])
    assert first != second
    assert len(first) < 100
