"""An ImageKit of our own on loopback: it takes uploads as the real one does, and keeps them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote

from venue_ops.demo.web import Answer, Request

DEMO_KEY = "private_demo"


@dataclass(frozen=True, slots=True)
class Kept:
    """One object: its bytes, and the fields that came with it."""

    content: bytes
    fields: Mapping[str, str]


@dataclass
class ImageKitServer:
    """Objects by path; `faults` are answers given instead, first come first served."""

    key: str = DEMO_KEY
    objects: dict[str, Kept] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    faults: list[Answer] = field(default_factory=list)
    endpoint: str = "https://ik.demo.test/demo"
    instead: Callable[[Request], Answer | None] = lambda _: None

    def __call__(self, request: Request) -> Answer:
        """The answer to one request."""
        if self.faults:
            return self.faults.pop(0)
        if (other := self.instead(request)) is not None:
            return other
        if request.method != "POST" or request.path != "/api/v1/files/upload":
            return _json(404, {"message": "No such path"})
        if request.headers.get("authorization") != _basic(self.key):
            return _json(401, {"message": "Your account cannot be authenticated."})
        parts = _parts(request)
        try:
            content = parts.pop("file")
            fields = {name: value.decode() for name, value in parts.items()}
            path = f"{fields['folder']}/{fields['fileName']}"
        except KeyError as missing:
            return _json(400, {"message": f"Missing {missing} parameter for upload"})
        self.uploads.append(path)
        self.objects[path] = Kept(content, fields)
        return _json(
            200,
            {
                "fileId": f"id{len(self.uploads)}",
                "name": fields["fileName"],
                "size": len(content),
                "filePath": path,
                "url": self.endpoint + quote(path),
                "fileType": "image",
                "width": 1,
                "height": 1,
                "tags": fields.get("tags", "").split(",") if fields.get("tags") else None,
            },
        )


def _json(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def _parts(request: Request) -> dict[str, bytes]:
    """The fields of a multipart form."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: dict[str, bytes] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        found[str(name)] = content if isinstance(content, bytes) else b""
    return found
