"""Servers on the loopback interface that tests start and end: S3 (moto) and PostgreSQL (Debian's)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BUCKET, PASSWORD = "sales", "pa55w0rd-of-a-test"
# Debian keeps the server's programs out of PATH, in a folder of the version.
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def s3() -> Iterator[str]:
    """The address of an S3 server with one bucket; the environment has credentials for it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patched:
        for name, value in variables.items():
            patched.setenv(name, value)
        try:
            store().create_dir(BUCKET)
            yield endpoint
        finally:
            server.stop()


def store() -> object:
    """A file system of the S3 server, apart from that of the package."""
    from pyarrow import fs

    scheme, _, host = os.environ["AWS_ENDPOINT_URL"].partition("://")
    return fs.S3FileSystem(
        endpoint_override=host, scheme=scheme, region="us-east-1", allow_bucket_creation=True
    )


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server, with a user and a password, in a new folder."""
    if not POSTGRES:
        pytest.fail("the tests of databases need PostgreSQL: apt-get install postgresql")
    programs = POSTGRES[-1]
    data, log = folder / "pg", folder / "pg.log"
    secret = folder / "pg.pw"
    secret.write_text(PASSWORD)
    data.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:
        # The server refuses to run as root. The folders above are for root alone, so it gets one of its own.
        as_user = ["runuser", "-u", "postgres", "--"]
        place = Path("/tmp") / f"forecaster-pg-{os.getpid()}"
        place.mkdir(mode=0o755)
        data, log = place / "data", place / "log"
        secret = Path(shutil.copy(secret, place / "pw"))
        for path in (place, secret):
            shutil.chown(path, "postgres")
    else:
        place = data
        data = data / "data"
    run = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "me", "-A", "scram-sha-256"]
    subprocess.run([*run, "--pwfile", str(secret), "-E", "UTF8"], check=True, capture_output=True, cwd="/")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-l", str(log)]
    subprocess.run([*control, "-o", options, "-w", "start"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    try:
        yield f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(place, ignore_errors=True)


def free_port() -> int:
    """A port that no server uses."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
