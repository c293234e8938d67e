"""A learning platform's services on the loopback, strict about the protocol: what it refuses it says in `refused`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


@dataclass
class Endpoint:
    """What the platform knows, and what happened.

    Args:
        public_key: the tool's.
        members: the course's, as the membership service lists them, two a page.
        items: the gradebook's columns.
        scores: what was posted, by user and column.
        refused: requests that broke the protocol, and how.
        refuse_users: whose scores are not taken.
    """

    public_key: str
    members: list[dict[str, str]]
    address: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    refuse_users: set[str] = field(default_factory=set)
    redirect_to: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


class _Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@contextmanager
def platform_endpoint(public_key: str, members: list[dict[str, str]]) -> Iterator[Endpoint]:
    """Serve until the block ends."""
    endpoint = Endpoint(public_key, members)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *words: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer(lambda: _get(endpoint, self))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: _post(endpoint, self, body))

        def _answer(self, make: Any) -> None:
            try:
                status, kind, content, more = make()
            except _Refused as refused:
                endpoint.refused.append(f"{self.command} {self.path}: {refused}")
                status, kind, content, more = refused.status, "text/plain", str(refused), {}
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _needs(is_so: bool, status: int, why: str) -> None:
    if not is_so:
        raise _Refused(status, why)


def _authorised(endpoint: Endpoint, request: BaseHTTPRequestHandler, scope: str, accept: str) -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    _needs(kind == "Bearer" and token in endpoint.tokens, 401, "no such token")
    _needs(endpoint.tokens[token] == scope, 403, f"the token is for {endpoint.tokens[token]}")
    _needs(request.headers.get("Accept") == accept, 406, f"Accept is {request.headers.get('Accept')}")


def _get(endpoint: Endpoint, request: BaseHTTPRequestHandler) -> tuple[int, str, Any, dict[str, str]]:
    parts = urlsplit(request.path)
    query = parse_qs(parts.query)
    if endpoint.redirect_to and parts.path == "/members":
        return 302, "text/plain", "", {"Location": endpoint.redirect_to}
    if parts.path == "/members":
        kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        _authorised(endpoint, request, MEMBERSHIP, kind)
        page = int(query.get("page", ["0"])[0])
        more = {}
        if 2 * page + 2 < len(endpoint.members):
            more = {"Link": f'<{endpoint.address}/members?page={page + 1}>; rel="next"'}
        return 200, kind, {"id": "x", "members": endpoint.members[2 * page : 2 * page + 2]}, more
    _needs(parts.path == "/items", 404, "nothing here")
    kind = "application/vnd.ims.lis.v2.lineitemcontainer+json"
    _authorised(endpoint, request, AGS + "lineitem", kind)
    _needs(query.get("type_id") == ["7"], 400, "the query of the address got lost")
    return 200, kind, endpoint.items, {}  # it pays no heed to the filter, as some do


def _post(
    endpoint: Endpoint, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, str, Any, dict[str, str]]:
    parts = urlsplit(request.path)
    kind = request.headers.get("Content-Type")
    if parts.path == "/token":
        _needs(kind == "application/x-www-form-urlencoded", 415, f"Content-Type is {kind}")
        return _token(endpoint, {name: values[0] for name, values in parse_qs(body.decode()).items()})
    if parts.path == "/items":
        _authorised(endpoint, request, AGS + "lineitem", "application/vnd.ims.lis.v2.lineitem+json")
        _needs(kind == "application/vnd.ims.lis.v2.lineitem+json", 415, f"Content-Type is {kind}")
        item = json.loads(body)
        _needs(isinstance(item.get("label"), str) and item.get("scoreMaximum", 0) > 0, 400, "no line item")
        item["id"] = f"{endpoint.address}/items/{len(endpoint.items)}/lineitem?type_id=7"
        endpoint.items.append(item)
        return 201, kind, item, {}
    _needs(parts.path.endswith("/lineitem/scores") and parts.query == "type_id=7", 404, "no such line item")
    _authorised(endpoint, request, AGS + "score", "application/json")
    _needs(kind == "application/vnd.ims.lis.v1.score+json", 415, f"Content-Type is {kind}")
    score = json.loads(body)
    _needs(set(score) >= {"userId", "timestamp", "activityProgress", "gradingProgress"}, 400, "fields lack")
    _needs(datetime.fromisoformat(score["timestamp"]).tzinfo is not None, 400, "a time without a zone")
    _needs("." in score["timestamp"], 400, "a time without fractions of a second")
    _needs(score["scoreGiven"] >= 0 and score["scoreMaximum"] > 0, 400, "no score")
    _needs(score["activityProgress"] in ("Initialized", "Completed"), 400, "unknown activityProgress")
    _needs(score["gradingProgress"] == "FullyGraded", 400, "unknown gradingProgress")
    known = {member.get("user_id") for member in endpoint.members}
    _needs(score["userId"] in known - endpoint.refuse_users, 422, "this user gets no score")
    endpoint.scores[score["userId"], parts.path] = score
    return 200, "application/json", "", {}


def _token(endpoint: Endpoint, form: dict[str, str]) -> tuple[int, str, Any, dict[str, str]]:
    _needs(form.get("grant_type") == "client_credentials", 400, "grant_type")
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    _needs(form.get("client_assertion_type") == kind, 400, "client_assertion_type")
    assertion = form.get("client_assertion", "")
    try:
        claims = jwt.decode(
            assertion, endpoint.public_key, algorithms=["RS256"], audience=f"{endpoint.address}/token",
            options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise _Refused(400, f"invalid_client: {error}") from None
    _needs(claims["iss"] == claims["sub"] == "tool-1", 400, "iss and sub are not the client")
    _needs(jwt.get_unverified_header(assertion).get("kid") == "2026", 400, "no kid")
    _needs(claims["exp"] - claims["iat"] <= 300, 400, "the assertion lives too long")
    _needs(claims["jti"] not in endpoint.seen, 400, "the assertion was used before")
    endpoint.seen.add(claims["jti"])
    _needs(form.get("scope") in (AGS + "lineitem", AGS + "score", MEMBERSHIP), 400, "unknown scope")
    token = f"token-{len(endpoint.tokens)}"
    endpoint.tokens[token] = form["scope"]
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": form["scope"]}
    return 200, "application/json", answer, {}
