"""What the demo's retries talk to in place of the world: providers and an ImageKit on loopback.

Each failed photo of the sample has a story of its own: one comes after the provider has asked
to wait, one after a broken connection, others stay gone. A story begins anew with each run, so
a run does the same whenever it is typed; what was repaired is in the database and stays so.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from venue_ops.demo.imagekit_server import ImageKitServer
from venue_ops.demo.pictures import png
from venue_ops.demo.web import Answer, Request, Web, serving

TOO_OFTEN = Answer(429, b"", {"Retry-After": "1"})
BROKEN_OFF = Answer(reset=True)
GONE = Answer(404)
NOT_FOR_THIS_KEY = Answer(403)
DEAD_KEY = Answer(401)
SIGN_IN_PAGE = Answer(
    200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html; charset=utf-8"}
)


@dataclass(frozen=True, slots=True)
class Story:
    """What a photo's requests are answered in turn; `ever` after that, None is the photo."""

    first: tuple[Answer, ...] = ()
    ever: Answer | None = None


STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "demoNoceBar03": Story((TOO_OFTEN,)),
        "demoNocePoster05": Story(ever=GONE),
        "demoNeonFront01": Story((BROKEN_OFF,)),
        "demoNeonInside02": Story(ever=SIGN_IN_PAGE),
        "demoOgrodBench03": Story(ever=GONE),
        "demoOgrodGate05": Story(ever=NOT_FOR_THIS_KEY),
        "example.com/lost.jpg": Story(ever=DEAD_KEY),
    }
)
"""By a part of the photo's URL; every other photo is there. The last is of `here`."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Where it is; `provider` is a host and port to be allowed, `upload_url` ImageKit's."""

    provider: tuple[str, int]
    upload_url: str
    source_url: Callable[[str], str]


@dataclass
class DemoProvider:
    """Answers photos by the whole URL that was meant, which stands in the path."""

    stories: Mapping[str, Story] = field(default_factory=lambda: STORIES)
    _told: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request) -> Answer:
        """The answer to one request."""
        for part, story in self.stories.items():
            if part in request.path:
                self._told[part] += 1
                answers = story.first[self._told[part] - 1 :]
                answer = answers[0] if answers else story.ever
                if answer is not None:
                    return answer
        return Answer(200, png(request.path), {"Content-Type": "image/png"})


@contextmanager
def outside() -> Iterator[Outside]:
    """Both servers, until the block ends."""
    provider, store = DemoProvider(), ImageKitServer()
    with (
        serving(Web(provider, time.monotonic)) as provider_web,
        serving(Web(store, time.monotonic)) as store_web,
    ):

        def source_url(url: str) -> str:
            parts = urlsplit(url)
            query = f"?{parts.query}" if parts.query else ""
            return f"{provider_web.url}/{parts.netloc}{parts.path}{query}"

        yield Outside(provider_web.address, f"{store_web.url}/api/v1/files/upload", source_url)
