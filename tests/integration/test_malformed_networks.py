"""Parts of a network that do not go together: each refused with the reason."""

from pathlib import Path

import pytest

from forecaster.model.cells import CELLS
from forecaster.text import joined
from tests.integration.malformed import refusal, swap

LAYERS = "layers: [{type: gru, units: 8}]"
GRU, COLUMNS = "{type: gru, units: 8}", "{type: gru, units: 8, over: columns}"
BOTH_WAYS = "layers: [{type: gru, units: 8, bidirectional: true}]"

# (case, the model section, message behind c.yaml:4:)
CASES = [
    (
        "recursive both ways",
        BOTH_WAYS + ", head: {type: recursive}",
        "55: model.layers.0.bidirectional: true cannot be used with head recursive: the steps ahead are not there yet; "
        "set it to false",
    ),
    (
        "sequence both ways",
        BOTH_WAYS + ", head: {type: sequence}, normalization: none",
        "55: model.layers.0.bidirectional: true cannot be used with head sequence: an earlier step would see its own "
        "target; set it to false",
    ),
    (
        "segments both ways",
        BOTH_WAYS + ", head: {type: segments}, patch: 6",
        "55: model.layers.0.bidirectional: true cannot be used with head segments: the steps ahead are not there yet; "
        "set it to false",
    ),
    (
        "recursive in patches",
        LAYERS + ", head: {type: recursive}, patch: 6",
        "74: model.patch: 6 cannot be used with head recursive, which feeds back single steps; remove it",
    ),
    (
        "sequence with a level of the whole window",
        LAYERS + ", head: {type: sequence}",
        "8: model.normalization: last cannot be used with head sequence: it uses later values of the window, which are "
        "targets of its earlier steps; set it to none",
    ),
    (
        "segments of nothing",
        LAYERS + ", head: {type: segments}",
        "55: model.head.type: segments needs model.patch; set the steps of a segment",
    ),
    (
        "columns first",
        "layers: [{type: gru, units: 8, over: columns}], channels: independent",
        "46: model.layers.0.over: columns needs a recurrent layer over steps before it, whose last output it reads; "
        "put a layer over steps before it",
    ),
    (
        "steps after columns",
        f"layers: [{GRU}, {COLUMNS}, {GRU}], channels: independent",
        "79: model.layers.2.over: steps cannot follow a layer over columns, which leaves one output for each target; "
        "move it before the layers over columns",
    ),
    (
        "columns of a joint network",
        f"layers: [{GRU}, {COLUMNS}]",
        "69: model.layers.1.over: columns needs channels independent: a joint network sees all targets as it is; set "
        "model.channels to independent, or remove the layer",
    ),
    (
        "columns step by step",
        f"layers: [{GRU}, {COLUMNS}], channels: independent, head: {{type: recursive}}",
        "69: model.layers.1.over: columns cannot be used with head recursive, which runs the stack at every step; use "
        "head direct or segments",
    ),
    (
        "columns of one target",
        f"layers: [{GRU}, {COLUMNS}], channels: independent",
        "69: model.layers.1.over: columns goes from target to target, and data.targets names one; remove the layer",
    ),
    (
        "blocks of unequal size",
        "layers: [{type: slstm, units: 8, blocks: 6}]",
        "50: model.layers.0.blocks: 6 does not divide the 8 units; use a divisor of units, such as 4",
    ),
    (
        "season without length",
        LAYERS + ", normalization: season",
        "57: model.normalization: season needs model.season; set the steps of one season",
    ),
    (
        "season longer than the window",
        LAYERS + ", normalization: season, season: 24",
        "73: model.season: 24 does not fit into window.lookback, 24; lengthen the lookback",
    ),
    (
        "difference longer than the window",
        LAYERS + ", differences: [3, 30]",
        "55: model.differences: 30 does not fit into window.lookback, 24; lengthen the lookback",
    ),
    (
        "season of a classical forecast longer than the window",
        LAYERS + ", blend: [theta, seasonal_naive_30]",
        "49: model.blend: seasonal_naive_30 does not fit into window.lookback, 24; lengthen the lookback, or remove it",
    ),
    (
        "anchor of a head that goes step by step",
        LAYERS + ", head: {type: encoder_decoder}, anchor: {type: ridge}",
        "81: model.anchor: cannot be used with head encoder_decoder: only direct and segments take one; use head "
        "direct or segments",
    ),
    (
        "anchor under gains that are learned",
        LAYERS + ", normalization: revin, anchor: {type: ridge}",
        "72: model.anchor: cannot be used with normalization revin, whose learned gain changes while the anchor stays fixed; use "
        "normalization last, mean or season",
    ),
    (
        "anchor longer than the window",
        LAYERS + ", anchor: {type: ridge, lookback: 25}",
        "74: model.anchor.lookback: 25 is more than window.lookback, 24; lower it, or remove it",
    ),
    (
        "past covariates seen at the end of a window that ends at every step",
        LAYERS + ", head: {type: sequence}, normalization: none, past_lookback: 6",
        "102: model.past_lookback: 6 cannot be used with head sequence, which forecasts at every step; remove it",
    ),
    (
        "past covariates seen at the end of a window, and none there",
        LAYERS + ", past_lookback: 6",
        "57: model.past_lookback: is set, and data.past_covariates names no column; name some, or remove it",
    ),
    (
        "stateful with levels of each window",
        LAYERS + ", stateful: true",
        "8: model.normalization: last cannot be used with stateful: the carried state comes from windows of other levels; set it to "
        "none",
    ),
    (
        "stateful with another head",
        LAYERS + ", stateful: true, normalization: none, head: {type: recursive}",
        "52: model.stateful: true cannot be used with head recursive: only direct carries its state on; use head direct",
    ),
    (
        "no recurrence",
        "layers: [{type: dense, units: 8}]",
        "17: model.layers: has no recurrent layer; add a " + joined(list(CELLS), word="or"),
    ),
]


@pytest.mark.parametrize(("model", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_message(model: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path, monkeypatch, swap(f"model: {{{model}}}")) == f"c.yaml:4:{message}"


@pytest.mark.parametrize("cell", ["simple_rnn", "lstm"])
@pytest.mark.parametrize("case", [c for c in CASES if c[0].endswith("both ways")], ids=lambda c: c[0])
def test_no_cell_reads_both_ways_where_a_head_cannot(
    case: tuple[str, str, str], cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, message = case[1].replace("gru", cell), case[2].partition(": ")[2]
    assert refusal(tmp_path, monkeypatch, swap(f"model: {{{model}}}")).partition(": ")[2] == message


def test_past_covariates_are_not_known_where_recursive_feeds_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = swap(f"model: {{{LAYERS}, head: {{type: recursive}}}}").replace("[y]", "[y], past_covariates: [x]")
    assert refusal(tmp_path, monkeypatch, text) == (
        "c.yaml:2:70: data.past_covariates: cannot be used with head recursive: they are not known at the steps that it "
        "feeds back; use another head, or leave them out"
    )


def test_padding_and_strides_of_a_carried_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = swap(f"model: {{{LAYERS}, stateful: true, normalization: none}}")
    text = text.replace("horizon: 3", "horizon: 3, stride: 2, short: pad")
    assert refusal(tmp_path, monkeypatch, text) == (
        "c.yaml:3:44: window.stride: 2 cannot be used with model.stateful, whose windows are a lookback apart; remove it\n"
        "c.yaml:3:54: window.short: pad cannot be used with model.stateful, which needs every step; set it to skip"
    )


def test_owa_is_written_for_logarithms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = swap(f"model: {{{LAYERS}}}") + "training: {loss: owa}\n"
    assert refusal(tmp_path, monkeypatch, text) == (
        "c.yaml:5:18: training.loss: owa is written for logarithms, and scaling.method is standard; set "
        "scaling.method to log, or use mase"
    )


def test_past_covariates_are_not_seen_for_longer_than_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = swap(f"model: {{{LAYERS}, past_lookback: 25}}").replace("[y]", "[y], past_covariates: [x]")
    assert refusal(tmp_path, monkeypatch, text) == (
        "c.yaml:4:57: model.past_lookback: 25 is more than window.lookback, 24; lower it, or remove it"
    )
