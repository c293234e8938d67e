"""Send scores to a learning platform by LTI 1.3's Assignment and Grade Services, from the command line.

Usually a tool's server does this, after somebody has come to it from the platform. A tool that only sends scores needs
no such visit: it proves by its private key which client it is (RFC 7523), gets a token for the scopes that it names,
and posts. All of it is asked of the addresses that the platform's administrator gave, and of no other.

    https://www.imsglobal.org/spec/lti-ags/v2p0     line items and scores
    https://www.imsglobal.org/spec/lti-nrps/v2p0    who is in the course
    https://www.imsglobal.org/spec/security/v1p0    the token
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import jwt

from grader.errors import KitError
from grader.export.passback import Score
from grader.language import kept
from grader.text import clean_line

LINE_ITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

_TIMEOUT_S = 30.0
_MOST_BYTES = 8 * 2**20  # of one answer
_MOST_PAGES = 200
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?')


class PlatformError(KitError):
    """The platform refused, could not be reached, or answered what the standard does not say."""


@dataclass(frozen=True)
class Platform:
    """What the platform's administrator and the registration of the tool there give.

    Args:
        client_id: the tool's, as the platform calls it.
        token_url: where tokens are asked for.
        line_items: the address of the course's line items.
        members: the address of the course's members; '' if learners are matched otherwise.
        audience: what the platform wants to be called in the assertion; its token address by default.
        key: the tool's private key, PEM.
        key_id: the name of the public key that the platform has.
    """

    client_id: str
    token_url: str
    line_items: str
    key: str
    key_id: str = ""
    members: str = ""
    audience: str = ""


@dataclass(frozen=True)
class LtiMember:
    """Somebody in the course, as the platform has them."""

    user_id: str
    name: str
    email: str
    number: str


class Ags:
    """A conversation with one platform; a token is asked for once for each set of scopes.

    Raises, in every method:
        PlatformError: it refused, could not be reached, or answered something else than the standard says.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tokens: dict[str, str] = {}
        self._opener = urllib.request.build_opener(_NoRedirect)

    def members(self) -> list[LtiMember]:
        """Everybody in the course, page by page."""
        found = []
        for page in self._pages(self._platform.members, MEMBER_SCOPE, MEMBERS):
            listed = page.get("members") if isinstance(page, dict) else None
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict) and one.get("user_id"):
                    words = [str(one.get(name) or "") for name in ("name", "email", "lis_person_sourcedid")]
                    found.append(LtiMember(str(one["user_id"]), *words))
        return found

    def line_item(self, resource_id: str, label: str, maximum: float) -> str:
        """The address of our line item; it is made where there is none yet.

        Args:
            resource_id: our own name for it, by which it is found again.
            label: what people read.
            maximum: the most points.
        """
        address = _with_query(self._platform.line_items, {"resource_id": resource_id})
        for page in self._pages(address, LINE_ITEM_SCOPE, LINE_ITEMS):
            for item in page if isinstance(page, list) else []:
                # Platforms may pay no heed to the filter.
                if isinstance(item, dict) and item.get("resourceId") == resource_id and item.get("id"):
                    self._refuse_another_maximum(item, label, maximum)
                    return self._own(str(item["id"]))
        made = {"label": label, "scoreMaximum": maximum, "resourceId": resource_id}
        answer, _ = self._ask(self._platform.line_items, LINE_ITEM_SCOPE, LINE_ITEM, made, LINE_ITEM)
        if not isinstance(answer, dict) or not answer.get("id"):
            raise _odd(self._platform.line_items, "a line item that was made has no id")
        return self._own(str(answer["id"]))

    def send(self, line_item: str, score: Score, now: datetime) -> None:
        """Post one score. Posted again it replaces the one before.

        Args:
            line_item: its address.
            now: the time of the score, with a zone; a platform keeps the newest.
        """
        words = {
            "userId": score.user_id,
            "scoreGiven": score.given,
            "scoreMaximum": score.maximum,
            "timestamp": now.isoformat(timespec="milliseconds"),
            "activityProgress": "Completed" if score.handed_in else "Initialized",
            "gradingProgress": "FullyGraded",
        }
        if score.comment:
            words["comment"] = score.comment
        # The address may have a query (Moodle's has), which stays behind the path.
        parts = urlsplit(line_item)
        address = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores"))
        self._ask(address, SCORE_SCOPE, "application/json", words, SCORE)

    # --- one request ------------------------------------------------------------------------------------------

    def _pages(self, address: str, scope: str, accept: str) -> Iterator[Any]:
        """Every page of a listing, each as the answer says it; the next one's address stands in the `Link` header."""
        for _ in range(_MOST_PAGES):
            answer, headers = self._ask(address, scope, accept)
            yield answer
            following = _NEXT.search(headers.get("Link", ""))
            if following is None:
                return
            address = self._own(urljoin(address, following[1]))

    def _ask(
        self, address: str, scope: str, accept: str, sent: Mapping[str, Any] | None = None, kind: str = ""
    ) -> tuple[Any, Mapping[str, str]]:
        """One request with a token for the scope; a POST if something is sent."""
        headers = {"Authorization": f"Bearer {self._token(scope)}", "Accept": accept}
        body = None
        if sent is not None:
            headers["Content-Type"] = kind
            body = json.dumps(sent, ensure_ascii=False).encode()
        return self._request(address, headers, body)

    def _token(self, scope: str) -> str:
        """A token for the scope, asked for with a signed assertion of who we are."""
        if scope not in self._tokens:
            platform, now = self._platform, int(time.time())
            claims = {
                "iss": platform.client_id,
                "sub": platform.client_id,
                "aud": platform.audience or platform.token_url,
                "iat": now,
                "exp": now + 60,
                "jti": str(uuid.uuid4()),  # so that an assertion that was overheard is good for nothing
            }
            try:
                named = {"kid": platform.key_id} if platform.key_id else None
                assertion = jwt.encode(claims, platform.key, algorithm="RS256", headers=named)
            except (ValueError, TypeError, jwt.PyJWTError) as error:
                step = "it has to be an RSA key in a PEM file without a password"
                raise PlatformError(
                    "the private key cannot be used", "key, in the platform's file", step
                ) from error
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
                "scope": scope,
            }
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            answer, _ = self._request(platform.token_url, headers, urlencode(form).encode())
            token = answer.get("access_token") if isinstance(answer, dict) else None
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise _odd(platform.token_url, "the answer holds no access_token")
            self._tokens[scope] = token
        return self._tokens[scope]

    def _request(
        self, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Any, Mapping[str, str]]:
        """Send, and read an answer in JSON; an empty one is None."""
        refuse_unsafe(address)
        request = urllib.request.Request(address, data=body, headers=dict(headers))
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                content = answer.read(_MOST_BYTES + 1)
                found: Mapping[str, str] = dict(answer.headers.items())
        except urllib.error.HTTPError as error:
            said = clean_line(error.read(2000).decode("utf-8", "replace"), 200)
            step = _STEPS.get(error.code, kept("show this answer to the platform's administrator"))
            raise PlatformError(
                f"the platform answers {error.code}: {said or error.reason}", address, step
            ) from error
        except (OSError, HTTPException) as error:
            step = "look at the address and the network, then try again"
            reason = getattr(error, "reason", error)  # urllib wraps what the system says
            said = getattr(reason, "strerror", None) or str(reason)
            raise PlatformError(f"the platform cannot be reached: {said}", address, step) from error
        if len(content) > _MOST_BYTES:
            raise _odd(address, f"the answer is longer than {_MOST_BYTES} bytes")
        try:
            return (json.loads(content) if content.strip() else None), found
        except (ValueError, RecursionError):
            raise _odd(address, "the answer is not JSON") from None

    # --- what is not believed ---------------------------------------------------------------------------------

    def _own(self, address: str) -> str:
        """An address that the platform named, if it is the platform's: the token is not for anybody else."""
        own = {urlsplit(one)[:2] for one in (self._platform.line_items, self._platform.members) if one}
        absolute = urljoin(self._platform.line_items, address)
        if urlsplit(absolute)[:2] not in own:
            raise _odd(absolute, "the platform names an address of another server")
        return absolute

    def _refuse_another_maximum(self, item: Mapping[str, Any], label: str, maximum: float) -> None:
        """Scores carry their own maximum, but a gradebook would stretch them in silence."""
        most = item.get("scoreMaximum")
        if isinstance(most, int | float) and abs(most - maximum) > 1e-6:
            what = f"{label} is out of {most:g} points there, and out of {maximum:g} here"
            step = f"set the column's points to {maximum:g} in the platform, or delete it: it is made again"
            raise PlatformError(what, str(item.get("id")), step)


_STEPS = {
    400: kept("look at client_id, audience and key: the platform does not accept who we say we are"),
    401: kept("look at client_id, key and key_id: the platform does not know this key"),
    403: kept("ask the platform's administrator to allow this tool the scope"),
    404: kept("look at line_items and members: there is nothing at this address"),
    429: kept("wait a minute, then run the same command again: a score that is sent twice counts once"),
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to wherever it leads."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Follow none: the status then is an error like any other."""


def refuse_unsafe(address: str) -> None:
    """Refuse an address over which a token would travel in the clear; this very machine is allowed.

    Raises:
        PlatformError: it is neither https nor of this machine.
    """
    parts = urlsplit(address)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise PlatformError("an address of a platform begins with https", address, "write the whole address")


def _with_query(address: str, more: Mapping[str, str]) -> str:
    """The address with further parameters behind those that it has."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(more))))))


def _odd(address: str, what: str) -> PlatformError:
    return PlatformError(what, address, "show this to the platform's administrator")
