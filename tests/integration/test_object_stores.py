"""Tables and forecasts in an S3 bucket: a server of this process (moto), the command line and Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from tests.integration.servers import BUCKET, PASSWORD, free_port, s3, store
from tests.integration.tiny_runs import done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

TABLE = f"s3://{BUCKET}/tables/sold.csv"


class Bucket:
    """What is in the bucket, by a file system of its own."""

    def __init__(self) -> None:
        self.fs: Any = store()

    def put(self, key: str, content: bytes) -> None:
        with self.fs.open_output_stream(f"{BUCKET}/{key}") as stream:
            stream.write(content)

    def get(self, key: str) -> bytes:
        with self.fs.open_input_stream(f"{BUCKET}/{key}") as stream:
            content: bytes = stream.read()
            return content

    def keys(self) -> list[str]:
        from pyarrow import fs

        found = self.fs.get_file_info(fs.FileSelector(BUCKET, recursive=True))
        return [f.path.removeprefix(f"{BUCKET}/") for f in found if f.type == fs.FileType.File]


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3():
        yield Bucket()


@pytest.fixture(scope="module")
def folder(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A table in the bucket, and a run that was trained on it."""
    folder = tmp_path_factory.mktemp("s3")
    rows = [(t, name, i + k) for k, name in enumerate("ab") for i, t in enumerate(hours(60))]
    write_table(folder / "t.csv", "t,id,y", rows)
    bucket.put("tables/sold.csv", (folder / "t.csv").read_bytes())
    config = write_config(folder, {"path": TABLE, "id": "id", "targets": ["y"]})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FORECASTER_CACHE", str(folder / "cache"))
        done("train", config, "--run-dir", folder / "r", "-q")
        yield folder


def test_a_run_of_an_object_is_that_of_its_file(folder: Path, bucket: Bucket) -> None:
    from forecaster.data.reading.sources import fingerprint

    data = json.loads((folder / "r" / "manifest.json").read_text())["data"]
    assert data == {"path": TABLE, "sha256": fingerprint(folder / "t.csv"), "rows": 120}
    newest = done("predict", folder / "r")
    assert newest == done("predict", folder / "r", "--data", TABLE)
    assert newest == done("predict", folder / "r", "--data", folder / "t.csv")
    done("evaluate", folder / "r", "--split", "val")
    done("report", folder / "r")
    assert len(list((folder / "cache" / "remote" / "copies").iterdir())) == 1


def test_python_takes_the_same_words(folder: Path, tmp_path: Path) -> None:
    experiment = fc.Experiment.from_yaml(folder / "c.yaml").with_({"data.path": "elsewhere.csv"})
    run = fc.train(experiment, data=TABLE, run_dir=tmp_path / "r")
    assert run.experiment.spec.data.path == TABLE
    output = f"s3://{BUCKET}/by-python.parquet"
    assert len(run.predict(data=TABLE, output=output)) == 6


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "xlsx"])
def test_a_forecast_is_written_to_the_bucket(
    folder: Path, bucket: Bucket, ending: str, tmp_path: Path
) -> None:
    output = f"s3://{BUCKET}/forecasts/{ending}/f.{ending}"
    assert done("predict", folder / "r", "--output", output) == f"{output}: 6 rows\n"
    done("predict", folder / "r", "--output", tmp_path / f"f.{ending}")
    assert bucket.get(f"forecasts/{ending}/f.{ending}") == (tmp_path / f"f.{ending}").read_bytes()


def test_a_changed_object_is_fetched_again(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    address = f"s3://{BUCKET}/changing.csv"
    lines = (folder / "t.csv").read_text().splitlines()
    bucket.put("changing.csv", "\n".join(lines).encode())
    first = done("predict", folder / "r", "--data", address)
    bucket.put("changing.csv", "\n".join(lines[:60] + lines[61:120]).encode())
    assert done("predict", folder / "r", "--data", address) != first


def test_a_folder_is_a_table(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    lines = (folder / "t.csv").read_text().splitlines()
    bucket.put(
        "year/id=a/t.csv",
        "\n".join(["t,y", *(f"{v.split(',')[0]},{v.split(',')[2]}" for v in lines[1:61])]).encode(),
    )
    bucket.put(
        "year/id=b/t.csv",
        "\n".join(["t,y", *(f"{v.split(',')[0]},{v.split(',')[2]}" for v in lines[61:])]).encode(),
    )
    bucket.put("year/README.txt", b"about it")
    assert done("predict", folder / "r", "--data", f"s3://{BUCKET}/year") == done("predict", folder / "r")


def test_faults_name_the_object(folder: Path, bucket: Bucket) -> None:
    bucket.put("wrong.csv", (folder / "t.csv").read_bytes() + b"2024-01-03 12:00:00,a,closed\n")
    said = refused(2, "predict", folder / "r", "--data", f"s3://{BUCKET}/wrong.csv")
    assert said.startswith(f"s3://{BUCKET}/wrong.csv:122: y: 'closed' is not a number")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"s3://{BUCKET}/gone.csv", f"s3://{BUCKET}/gone.csv: there is no such object; check the address"),
        (
            "s3://no-such-bucket/t.csv",
            "s3://no-such-bucket/t.csv: there is no such object; check the address",
        ),
        (f"s3://{BUCKET}", f"s3://{BUCKET}: names no object; write s3://BUCKET/PATH"),
    ],
)
def test_objects_that_are_not_there(folder: Path, address: str, said: str) -> None:
    assert refused(2, "predict", folder / "r", "--data", address) == said


def test_buckets_that_are_not_there(folder: Path) -> None:
    said = refused(2, "predict", folder / "r", "--output", "s3://no-such-bucket/f.csv")
    assert said.startswith("s3://no-such-bucket/f.csv: cannot be written: ")


def test_a_server_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    said = refused(3, "predict", folder / "r", "--data", TABLE)
    assert said.startswith(f"{TABLE}: cannot be read: ")
    assert "Traceback" not in said
    assert refused(3, "predict", folder / "r", "--output", f"s3://{BUCKET}/f.csv").startswith(
        f"s3://{BUCKET}/f.csv: cannot be"
    )


def test_the_key_is_in_no_file(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_google_cloud_storage_by_the_same_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    try:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        output = f"gs://{BUCKET}/forecasts/f.csv"
        assert done("predict", folder / "r", "--output", output) == f"{output}: 6 rows\n"
        from forecaster.remote.address import TableAddress
        from forecaster.remote.objects import Store

        Store(TableAddress.of(f"gs://{BUCKET}/sold.csv")).write((folder / "t.csv").read_bytes())
        newest = done("predict", folder / "r")
        assert newest == done("predict", folder / "r", "--data", f"gs://{BUCKET}/sold.csv")
        said = refused(2, "predict", folder / "r", "--data", f"gs://{BUCKET}/gone.csv")
        assert said == f"gs://{BUCKET}/gone.csv: there is no such object; check the address"
    finally:
        server.stop()
