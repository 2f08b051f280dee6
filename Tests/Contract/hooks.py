# SPDX-License-Identifier: Apache-2.0
"""What schemathesis cannot know from openapi.yaml: how texts of our formats look, and which things there are."""

import json
import os
import re
import urllib.request

import schemathesis
from schemathesis.core import NOT_SET
from hypothesis import strategies as st

LETTERS = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"), exclude_characters=",%")


def text(most):
    return st.text(LETTERS, min_size=1, max_size=most)


ids = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=20, max_size=20)
schemathesis.openapi.format("display-name", text(60))
schemathesis.openapi.format("description", text(200))
schemathesis.openapi.format("tag", text(30))
schemathesis.openapi.format("openssh-public-key", ids.map(lambda body: f"ssh-ed25519 AAAA{body} of the test"))
schemathesis.openapi.format("future-date-time", st.integers(2100, 2900).map(lambda year: f"{year}-02-03T09:00:00Z"))


def whole(value):
    """JSON Schema calls 183.0 an integer; the API reads strictly and says so (Documentation/api.md)."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


ID = re.compile("[a-z]+-[0-9a-z]{20}")


class Things:
    """The things of the site, read once: a test that meets only unknown ids says nothing about what is behind them."""

    lists = {"instances": "vm", "images": "img", "templates": "tmpl", "networks": "net", "hosts": "host", "users": "user",
             "operations": "op", "disks": "disk", "lease-policies": "lease"}

    def __init__(self):
        self.known = {}
        # Tokens that others made: the judge's own is among them.
        people = [item["id"] for item in self.read("/v1/users?limit=500").get("items", [])]
        self.tokens = {item["id"] for person in people for item in self.read(f"/v1/users/{person}/tokens?limit=500").get("items", [])}

    def of(self, prefix):
        if not self.known:
            for name, kind in self.lists.items():
                self.known[kind] = [item["id"] for item in self.read(f"/v1/{name}?limit=500").get("items", [])]
            forwards = [item for vm in self.known["vm"] for item in self.read(f"/v1/instances/{vm}/forwarded-ports").get("items", [])]
            self.known["fwd"] = [item["id"] for item in forwards]
        return self.known.get(prefix) or []

    def instead(self, value, choice):
        """The same body with ids of things that are there."""
        if isinstance(value, dict):
            return {key: self.instead(item, choice) for key, item in value.items()}
        if isinstance(value, list):
            return [self.instead(item, choice + place) for place, item in enumerate(value)]
        there = self.of(value.split("-")[0]) if isinstance(value, str) and ID.fullmatch(value) else []
        return there[choice % len(there)] if there else value

    @staticmethod
    def read(path):
        request = urllib.request.Request(
            os.environ["CONTRACT_URL"] + path, headers={"Authorization": "Bearer " + os.environ["CONTRACT_TOKEN"]})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            return {}


things = Things()
turn = 0


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    global turn
    turn += 1
    case.body = whole(case.body)
    if not is_positive(case) and isinstance(case.body, dict) and case.method.upper() != "PATCH":
        # A field that may be left out may be null (Documentation/api.md): something else is of a wrong type.
        case.body = {key: [None] if item is None else item for key, item in case.body.items()}
    if not is_positive(case) and case.body is NOT_SET and any(not body.is_required for body in case.operation.body.items):
        # A body that may be left out is no fault where it is: something that is no body is sent instead.
        case.body, case.media_type = [None], "application/json"
    known = case.path_parameters or {}
    value = known.get("id")
    # Every other call is about something that is there. The last administrator's rights and the only host stay out of it.
    if is_positive(case) and isinstance(value, str) and "-" in value and turn % 2:
        there = things.of(value.split("-")[0])
        if there:
            known["id"] = there[turn // 2 % len(there)]
    if str(known.get("tokenId")) in things.tokens:
        # Whoever revokes the judge's token ends the judgement: from then on every answer would be 401, which is excepted.
        known["tokenId"] = "tok-00000000000000000000"
    if is_positive(case) and turn % 2:
        case.body = things.instead(case.body, turn // 2)
    if case.path == "/v1/events" and isinstance(case.query, dict):
        # A stream without an end is what the route is for; a test has to come to one.
        case.query.setdefault("until", "2000-01-01T00:00:00Z")
    if is_positive(case) and isinstance(case.query, dict):
        # A cursor is of one list and one question: client.py walks with real ones.
        case.query.pop("cursor", None)
    headers = case.headers or {}
    if is_positive(case) and "If-Match" in headers:
        # Which version an object has now is known to those only who have just read it; any version is meant. The judge leaves the
        # pattern out now and then (`If-Match: 0`), and that a wrong version is refused is what client.py
        # asks, and of every route IfMatchTests.
        headers["If-Match"] = "*"
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 200:
        # Keys are for one intention each: the same for two different bodies is refused, as it is meant to be. The daemon sees several
        # runs, and each counts from one. What was as long as may be stays so.
        mark = f"{os.getpid()}-{turn}-"
        headers["Idempotency-Key"] = mark + key[max(0, len(mark) + len(key) - 200):]
