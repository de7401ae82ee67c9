"""`retry`, `sweep` and `reconcile` on servers of a test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.cli.program import Program, on
from tests.databases import Database
from tests.retrying import World

from venue_ops.demo.imagekit_server import DEMO_KEY
from venue_ops.demo.web import Answer, Request


def cleared(database: Database) -> None:
    """The sample without its own images and jobs, so that a sweep finds the test's alone."""
    with database.connect(autocommit=True) as conn:
        conn.execute("UPDATE venues SET venue_images = '[]'")
        conn.execute("DELETE FROM oban_jobs")


def in_world(here: World, folder: Path, more: str = "", *, pace: int = 500) -> Program:
    """The program, its store and its provider being the test's; `more` settings of `[retry]`.

    `pace` is of requests a second.
    """
    config = folder / "config.toml"
    host, port = here.provider_web.address
    config.write_text(
        f"""
        state_dir = "{folder / "state"}"
        imagekit_upload_url = "{here.store_web.url}/api/v1/files/upload"
        [retry]
        allowed_hosts = ["{host}:{port}"]
        {more}
        [pace]
        foursquare = {pace}
        google_places = {pace}
        """
    )
    env = {"VENUE_OPS_CONFIG": str(config), "IMAGEKIT_PRIVATE_KEY": DEMO_KEY}
    return replace(on(here.database), env=env)


def statuses(here: World, venue: int) -> list[Any]:
    """The status of each image of a venue, in their order."""
    return [image["upload_status"] for image in here.images(venue)]


def nothing_was_asked(here: World) -> bool:
    """Whether neither the provider nor the store heard anything."""
    return not here.provider_web.requests and not here.store_web.requests


def overwrite(here: World, venue: int, images: list[Any]) -> None:
    """Write a whole array from a stale copy, as the application does."""
    with here.database.connect(autocommit=True) as conn:
        conn.execute(
            "UPDATE venues SET venue_images = %s WHERE id = %s", [json.dumps(images), venue]
        )


def at_the_first_request(here: World, happen: Callable[[], object], path: str = "/") -> None:
    """Have something happen while a photo is fetched, so after its venue was read."""
    happened: list[object] = []

    def answer(request: Request) -> Answer:
        if not happened and request.path.startswith(path):
            happened.append(happen())
        return here.provider(request)

    here.provider_web._handler = answer
