"""The API as it is used: served by uvicorn on loopback, asked over HTTP, over a real database."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from sqlalchemy.engine import Engine

from scrape_assets.flow.context import FlowContext
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator

TOKEN = "an-admin-token-for-tests"
CRON = "a-cron-secret-for-tests"
HOOK = "a-webhook-secret-for-tests"


class Server:
    """uvicorn in a thread, on a free port."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        turn = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            turn.wait(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@dataclass
class Api:
    """A caller with the admin token, and the ledger behind."""

    url: str
    engine: Engine
    ctx: FlowContext
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30)

    def ask(self, body: object = None, **headers: str) -> httpx.Response:
        """POST scrape."""
        return self.http.post("/api/admin/scrape", json=body, headers=headers)

    def job(self, **body: Any) -> dict[str, Any]:
        """Ask for a scrape that is accepted; the job."""
        answer = self.ask({"creatorId": "mira", "platform": "linkedin", **body})
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()["job"]
        return job

    def jobs(self, **query: Any) -> dict[str, Any]:
        """GET jobs that is answered."""
        answer = self.http.get("/api/admin/jobs", params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def rows(self, statement: str, **values: object) -> list[Any]:
        """What lies in the database."""
        with self.engine.connect() as conn:
            return [row[0] if len(row) == 1 else tuple(row) for row in conn.execute(sa.text(statement), values)]

    def change(self, statement: str, **values: object) -> None:
        """Change the database as somebody else."""
        with self.engine.begin() as conn:
            conn.execute(sa.text(statement), values)

    def creator(self, creator_id: str, url: str, platform: str = "linkedin") -> None:
        """Follow somebody."""
        with self.engine.begin() as conn:
            upsert_creator(conn, creator_id, creator_id.title(), profile_key(platform, url))


def assert_problem(answer: httpx.Response, status: int, *named: str) -> dict[str, Any]:
    """A problem document that names the field and says what is allowed."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    for text in named:
        assert text in answer.text, answer.text
    return document
