import subprocess
import sys

import numpy as np
import pytest

from forecaster.reporting.plots import Stretch, plot_forecasts, plot_loss
from forecaster.text import one_line

pytestmark = pytest.mark.slow


def window(title="EWR", label="departures", *, time=None, horizon=3, lookback=6):
    if time is None:
        time = np.datetime64("2013-01-01T00", "ns") + np.arange(lookback + horizon) * np.timedelta64(1, "h")
    return Stretch.of_window(
        title,
        label,
        time=time,
        past=np.arange(lookback, dtype=float),
        actual=np.arange(horizon) + 10.0,
        forecasts={"model": np.arange(horizon) + 9.0, "naive": np.full(horizon, 5.0)},
    )


def history(*val):
    return [
        {"member": 0, "epoch": i + 1, "loss": 1 / (i + 1), "val_loss": v, "best": v == min(val[: i + 1])}
        for i, v in enumerate(val)
    ]


def size(path):
    from matplotlib.image import imread

    height, width, _ = imread(path).shape
    return width, height


def drawn(monkeypatch):
    """The figures as they are when written."""
    from matplotlib.figure import Figure

    figures, save = [], Figure.savefig

    def keep(self, *args, **kwargs):
        figures.append(self)
        return save(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def overlaps(figure):
    """Pairs of texts outside the axes' lines that cover one another."""
    renderer = figure.canvas.get_renderer()
    texts = [t for t in figure.legends[0].get_texts() if t.get_text()]
    for axes in figure.axes:
        texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        texts += [axes.xaxis.get_offset_text()]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text()]
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.width, text
        assert box.y1 <= figure.bbox.height, text
    return [(a, b) for i, (a, one) in enumerate(boxes) for b, other in boxes[i + 1 :] if one.overlaps(other)]


def test_a_forecast_picture_grows_with_its_panels(tmp_path):
    plot_forecasts([window()], tmp_path / "one.png")
    plot_forecasts([window(), window("JFK")], tmp_path / "two.png")
    assert size(tmp_path / "one.png") == (1350, 450)
    assert size(tmp_path / "two.png") == (1350, 840)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        plot_forecasts([window()], tmp_path / f"f{name}.png")
        plot_loss(history(3.0, 2.0), tmp_path / f"l{name}.png")
    assert (tmp_path / "fa.png").read_bytes() == (tmp_path / "fb.png").read_bytes()
    assert (tmp_path / "la.png").read_bytes() == (tmp_path / "lb.png").read_bytes()


@pytest.mark.parametrize("name", ["$x$", r"$\frac{$", "<script>", "a_b^c", "%s {x}", "\\", "_hidden", "東京"])
def test_names_are_text_not_mathematics(tmp_path, monkeypatch, recwarn, name):
    figures = drawn(monkeypatch)
    stretch = window(name, name)
    plot_forecasts([stretch], tmp_path / "p.png", time_label=name)
    axes = figures[0].axes[0]
    assert (axes.get_title(loc="left"), axes.get_ylabel(), axes.get_xlabel()) == (name, name, name)
    assert not axes._left_title.get_parse_math()
    assert [str(w.message) for w in recwarn if "Glyph" in str(w.message)] == []


def test_the_users_own_matplotlib_settings_change_nothing(tmp_path):
    import matplotlib

    plot_forecasts([window()], tmp_path / "a.png")
    with matplotlib.rc_context({"lines.linewidth": 9, "text.color": "red", "savefig.facecolor": "black"}):
        before = dict(matplotlib.rcParams)
        plot_forecasts([window()], tmp_path / "b.png")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_lines_are_named_once_and_the_cutoff_last(tmp_path, monkeypatch):
    figures = drawn(monkeypatch)
    plot_forecasts([window(), window("JFK")], tmp_path / "p.png")
    said = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert said == ["actual", "model", "naive", "cutoff"]


def test_the_cutoff_is_marked_at_the_last_known_time(tmp_path, monkeypatch):
    figures = drawn(monkeypatch)
    stretch = window(time=np.arange(100, 109))
    plot_forecasts([stretch], tmp_path / "p.png")
    (mark,) = [x for x in figures[0].axes[0].get_lines() if x.get_label() == "cutoff"]
    assert mark.get_xdata() == [105, 105]


def test_a_long_past_is_shown_for_four_horizons():
    stretch = window(time=np.arange(720), horizon=20, lookback=700)
    assert len(stretch.time) == 100
    assert stretch.time[0] == 620
    assert stretch.starts == (80,)
    assert np.isnan(stretch.forecasts["model"][:80]).all()
    assert stretch.actual[79:81].tolist() == [699.0, 10.0]


@pytest.mark.parametrize(
    "stretch",
    [
        window("a very long name " * 20, "and a very long unit " * 5),
        window(time=np.arange(9)),
        window(time=np.arange(10**12, 10**12 + 9)),
        window(time=np.arange(9) * 10**16 - 10**17),
        window(time=np.arange("2000-01", "2000-10", dtype="datetime64[M]").astype("datetime64[ns]")),
        window(time=np.arange("1900", "1909", dtype="datetime64[Y]").astype("datetime64[ns]")),
        Stretch("great", "y", np.arange(4), np.array([1e9, 3e9, -5e9, np.inf]), {"model": np.ones(4)}, (2,)),
        Stretch("nothing known", "y", np.arange(4), np.full(4, np.nan), {"model": np.ones(4)}, (0,)),
        Stretch("tiny", "y", np.arange(4), np.arange(4) * 1e-9, {"model": np.zeros(4)}, (1, 2, 3)),
    ],
    ids=lambda s: s.title[:12],
)
def test_no_text_covers_another_or_leaves_the_picture(tmp_path, monkeypatch, stretch):
    figures = drawn(monkeypatch)
    plot_forecasts([stretch, stretch], tmp_path / "p.png", time_label="time (UTC)")
    assert overlaps(figures[0]) == []


@pytest.mark.parametrize("rows", [history(3.0, 2.0, 2.5), history(500.0, 0.1, 0.2), history(1.0)])
def test_no_text_of_the_loss_covers_another(tmp_path, monkeypatch, rows):
    figures = drawn(monkeypatch)
    plot_loss(rows, tmp_path / "p.png", loss="MAE, scaled")
    assert overlaps(figures[0]) == []


def test_the_best_epoch_is_ringed_on_the_validation_loss(tmp_path, monkeypatch):
    figures = drawn(monkeypatch)
    plot_loss(history(3.0, 2.0, 2.5), tmp_path / "p.png")
    (ring,) = [x for x in figures[0].axes[0].get_lines() if x.get_label() == "best epoch"]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([2], [2.0])


def test_without_validation_there_is_one_curve(tmp_path, monkeypatch):
    figures = drawn(monkeypatch)
    plot_loss([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}], tmp_path / "p.png")
    assert [x.get_label() for x in figures[0].axes[0].get_lines()] == ["training"]


@pytest.mark.parametrize(("val", "scale"), [((1.0, 0.5, 0.4), "linear"), ((400.0, 0.5, 0.4), "log")])
def test_a_loss_of_many_sizes_is_logarithmic(tmp_path, monkeypatch, val, scale):
    figures = drawn(monkeypatch)
    plot_loss(history(*val), tmp_path / "p.png")
    assert figures[0].axes[0].get_yscale() == scale


def test_nothing_to_draw_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^plot_forecasts needs at least one stretch$"):
        plot_forecasts([], tmp_path / "p.png")
    with pytest.raises(ValueError, match=r"^plot_loss needs at least one epoch$"):
        plot_loss([], tmp_path / "p.png")


@pytest.mark.parametrize(
    ("text", "most", "line"),
    [("short", 9, "short"), ("two\nlines  here", 20, r"two\nlines here"), ("abcdefghijkl", 7, "abc…jkl")],
)
def test_names_are_one_line_cut_in_the_middle(text, most, line):
    assert one_line(text, most) == line


def test_importing_the_room_loads_no_matplotlib():
    code = "import sys, forecaster.reporting.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drawing_loads_no_pyplot(tmp_path):
    code = f"""
import sys
from pathlib import Path
from forecaster.reporting.plots import plot_loss
plot_loss([{{"epoch": 1, "loss": 0.5}}], Path({str(tmp_path)!r}) / "p.png")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
