"""A bucket on loopback that speaks as much of S3 as an upload needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from venue_ops.demo.web import Answer, Request, Web

ACCESS_KEY, SECRET_KEY = "AKIACANARY4Zt", "canary/9Wq+secret"


@dataclass
class Bucket:
    """Objects by path, with their Content-Type; `faults` are answers given instead."""

    objects: dict[str, tuple[bytes, str | None]] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    faults: list[Answer] = field(default_factory=list)
    instead: Callable[[Request], Answer | None] = lambda _: None

    def __call__(self, request: Request) -> Answer:
        if self.faults:
            return self.faults.pop(0)
        if (other := self.instead(request)) is not None:
            return other
        url = urlsplit(request.path)
        query = parse_qs(url.query, keep_blank_values=True)
        path, kind = unquote(url.path), request.headers.get("content-type")
        tagged = {"ETag": f'"{len(self.objects)}"'}
        match request.method, sorted(query):
            case "PUT", []:
                self.objects[path] = request.body, kind
            case "POST", ["uploads"]:
                self.parts[f"{path} {kind}"] = {}
                return Answer(200, _started(f"{path} {kind}"))
            case "PUT", ["partNumber", "uploadId"]:
                number = int(query["partNumber"][0])
                self.parts[query["uploadId"][0]][number] = request.body
            case "POST", ["uploadId"]:
                found = self.parts.pop(query["uploadId"][0])
                body = b"".join(found[number] for number in sorted(found))
                self.objects[path] = body, query["uploadId"][0].rpartition(" ")[2]
                return Answer(200, _completed(path), tagged)
            case "DELETE", ["uploadId"]:
                del self.parts[query["uploadId"][0]]
                return Answer(204)
            case _:
                return Answer(400)
        return Answer(200, b"", tagged)


def _started(upload: str) -> bytes:
    return (
        "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
        f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
    ).encode()


def _completed(path: str) -> bytes:
    return (
        f"<CompleteMultipartUploadResult><Key>{path}</Key><ETag>1</ETag>"
        "</CompleteMultipartUploadResult>"
    ).encode()


@contextmanager
def found_in_environment(web: Web) -> Iterator[None]:
    """The bucket's address and credentials, where AWS's own tools look for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.setenv("AWS_REGION", "auto")
        patch.setenv("AWS_ENDPOINT_URL", web.url)
        patch.setenv("AWS_ALLOW_HTTP", "true")
        yield
