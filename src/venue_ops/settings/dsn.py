"""From a connection string to a `DatabaseTarget`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from venue_ops.core.errors import ConfigurationError
from venue_ops.settings.dsn_syntax import (
    DsnSyntaxError,
    check_port,
    conninfo,
    is_port,
    is_url,
    keyword_parameters,
    url_parameters,
)
from venue_ops.settings.model import DatabaseTarget

LIBPQ_PARAMETERS = frozenset(
    """
    service user password passfile channel_binding connect_timeout dbname host hostaddr port
    client_encoding options application_name fallback_application_name keepalives
    keepalives_idle keepalives_interval keepalives_count tcp_user_timeout sslmode
    sslnegotiation sslcompression sslcert sslkey sslcertmode sslpassword sslrootcert sslcrl
    sslcrldir sslsni requirepeer require_auth min_protocol_version max_protocol_version
    ssl_min_protocol_version ssl_max_protocol_version gssencmode krbsrvname gsslib
    gssdelegation target_session_attrs load_balance_hosts scram_client_key scram_server_key
    oauth_issuer oauth_client_id oauth_client_secret oauth_scope sslkeylogfile
    """.split()  # noqa: SIM905
)
"""What libpq 18 accepts (PostgreSQL's manual, "Parameter Key Words"), without `replication`."""

_SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SSL = {
    **dict.fromkeys(("true", "1", "on", "yes", "no-verify"), "require"),
    **dict.fromkeys(("false", "0", "off", "no"), "disable"),
    **{mode: mode for mode in _SSLMODES},
}
_CREDENTIALS = re.compile(r"://([^/?]*)@")
_DEFAULT_PORT = 5432


def database_target(dsn: str, *, source: str, env: Mapping[str, str]) -> DatabaseTarget:
    """Read `postgresql://...`, `service=name` or `host=... dbname=...`.

    `source` says in errors where the string came from ("environment DATABASE_URL"); `env`
    fills in what libpq will take from PGHOST, PGPASSWORD and the like. Raises
    ConfigurationError, whose text never holds any part of `dsn`.
    """
    try:
        parameters = _parameters(dsn)
        host, port, address = _address(parameters, env)
    except DsnSyntaxError as problem:
        raise ConfigurationError(
            f"The database URL ({source}) cannot be read: {problem}.",
            hint="Its form is postgresql://HOST:PORT/DATABASE; the user may come from PGUSER, the"
            " password from PGPASSWORD or ~/.pgpass.",
        ) from None
    inherited = {} if _service(parameters, env) else env
    user = parameters.get("user") or inherited.get("PGUSER") or None
    dbname = parameters.get("dbname") or inherited.get("PGDATABASE") or user
    return DatabaseTarget(
        conninfo=conninfo(parameters),
        host=host,
        port=port,
        dbname=dbname or "the default database",
        user=user,
        address=address,
        secrets=_secrets(dsn, parameters, env),
    )


def _parameters(dsn: str) -> dict[str, str]:
    text = dsn.strip()
    if "\0" in text:
        raise DsnSyntaxError("it holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DsnSyntaxError("it is not valid UTF-8")
    if is_url(text):
        # Ecto, Prisma and Supabase put settings of their own into the query, which libpq
        # would refuse. They say how to pool, never where to connect.
        given = url_parameters(text)
        found = {name: value for name, value in given.items() if name in LIBPQ_PARAMETERS}
        if "ssl" in given:
            found.setdefault("sslmode", given["ssl"])
    else:
        found = keyword_parameters(text)
        if not found.keys() <= LIBPQ_PARAMETERS:
            raise DsnSyntaxError("it holds a keyword that PostgreSQL does not know")
    if found.get("sslmode"):
        mode = _SSL.get(found["sslmode"].lower())
        if mode is None:
            raise DsnSyntaxError(f"sslmode is none of {', '.join(_SSLMODES)}")
        found["sslmode"] = mode
    return found


def _service(parameters: Mapping[str, str], env: Mapping[str, str]) -> str:
    return parameters.get("service") or env.get("PGSERVICE", "")


def _address(parameters: Mapping[str, str], env: Mapping[str, str]) -> tuple[str, int | None, str]:
    """Host, port and both together for people; raises DsnSyntaxError.

    What the string leaves open comes from the service if there is one, whose file only libpq
    reads, and else from PGHOST and PGPORT.
    """
    service = _service(parameters, env)
    inherited = {} if service else env
    ports = [check_port(port) if port else None for port in parameters.get("port", "").split(",")]
    if ports == [None]:
        ports = [int(p) if is_port(p) else None for p in inherited.get("PGPORT", "").split(",")]
    host = parameters.get("host") or parameters.get("hostaddr") or ""
    if service and not host:
        return "", None, f"service {service}"
    host = host or inherited.get("PGHOST") or inherited.get("PGHOSTADDR") or ""
    hosts = host.split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    if not service:
        ports = [port or _DEFAULT_PORT for port in ports]
    address = ", ".join(_place(one, port) for one, port in zip(hosts, ports, strict=False))
    return host, ports[0] if len(hosts) == 1 else None, address


def _place(host: str, port: int | None) -> str:
    if not host or host.startswith(("/", "@")):
        place = f"the socket in {host}" if host else "the local socket"
        return place if port in {None, _DEFAULT_PORT} else f"{place} (port {port})"
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _secrets(dsn: str, parameters: Mapping[str, str], env: Mapping[str, str]) -> frozenset[str]:
    """Every secret of the string, decoded and as the string or another URL may spell it."""
    plain = {parameters.get(name, "") for name in _SECRET} | {env.get("PGPASSWORD", "")}
    spelled = {quote(text, safe=safe, errors="replace") for text in plain for safe in ("", "/")}
    credentials = _CREDENTIALS.search(dsn)
    raw = credentials[1].partition(":")[2] if credentials else ""
    return frozenset(text for text in plain | spelled | {raw} if text)
