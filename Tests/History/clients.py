# SPDX-License-Identifier: Apache-2.0
"""What clients do: each a thread with a connection of its own, which does one thing after the other and has all of it written down."""

import http.client
import random
import time

from people import Away, Line

# How often each is done, of a thousand. Most is about a few things that everybody wants at once.
HABITS = [("look", 345), ("change", 260), ("look_at_operation", 120), ("list", 25), ("act", 70), ("create", 22), ("destroy", 16), ("repeat", 22),
          ("peek", 25), ("use_token", 60), ("make_token", 14), ("revoke_token", 9), ("share", 3), ("look_at_shared", 9)]


class Client:
    """One client. Every deed is one call that is written down."""

    def __init__(self, number, person, world, seed):
        self.number, self.person, self.world = number, person, world
        self.chance, self.line, self.count = random.Random(f"{seed}/{number}"), Line("127.0.0.1", world.port), 0

    def run(self):
        names, weights = zip(*HABITS)
        while not self.world.is_enough:
            try:
                getattr(self, self.chance.choices(names, weights)[0])()
            except Away:
                time.sleep(0.05)
        self.line.close()

    def call(self, do, method, path, body=None, fields=None, sign=None, take=lambda fields, body: {}, **what):
        """Asks and writes down; gives the status and what was taken of the answer, or no status where nobody knows."""
        # Who cannot be reached was asked nothing.
        self.line.connect()
        number = self.world.recorder.call(self.number, self.person.name, do, **what)
        try:
            status, fields, body = self.line.ask(method, path, sign or self.person.token, body, fields)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.world.recorder.lost(number, repr(error))
            return None, {}
        try:
            said = take(fields, body) if status < 300 else {"code": body.get("code")}
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            # Judged by the checker; this client goes on.
            self.world.recorder.malformed(number, f"{status} {str(body)[:200]}: {error!r}")
            return None, {}
        self.world.recorder.answer(number, status, said)
        return status, said

    def mark(self):
        self.count += 1
        return f"{self.number}-{self.count}"

    # Machines.

    def machine(self):
        """One of one's own; an operator's are everybody's."""
        somebody = self.chance.choice(self.world.people) if self.person.is_operator else self.person
        # Now and then somebody goes on asking for what is gone.
        return somebody.one_of(somebody.gone if self.chance.random() < 0.06 else somebody.machines, self.chance)

    def look(self):
        machine = self.machine()
        if machine:
            self.look_at(machine)

    def look_at(self, machine):
        return self.call("read", "GET", f"/v1/instances/{machine}", take=seen, object=machine)

    def peek(self):
        """At what is another's."""
        other = self.chance.choice(self.world.people)
        machine = other.one_of(other.machines, self.chance)
        if machine and other is not self.person and not self.person.is_operator:
            self.call("read", "GET", f"/v1/instances/{machine}", take=seen, object=machine, foreign=True)

    def change(self):
        machine = self.machine()
        if not machine:
            return
        mark, fields, what = self.mark(), {"If-Match": "*"}, {}
        if self.chance.random() < 0.8:
            status, said = self.look_at(machine)
            if status != 200:
                return
            fields, what = {"If-Match": f'"{said["version"]}"'}, {"if": said["version"]}
        body = {"description": mark}
        if self.chance.random() < 0.3:
            body["tags"] = sorted({self.chance.choice("abcdefgh") for _ in range(3)})
        if self.chance.random() < 0.1:
            body["name"] = f"{self.world.names[machine]} {mark}"
        self.call("change", "PATCH", f"/v1/instances/{machine}", body, fields, take=seen, object=machine, mark=mark, **what)

    def list(self, query=""):
        """Gives where the next page begins."""
        more = []

        def take(fields, body):
            more.append(body.get("next"))
            return {"whole": not query and more[0] is None, "items": [listed(item) for item in body["items"]]}

        everybody = {"all": True} if self.person.is_operator else {}
        self.call("list", "GET", "/v1/instances?limit=500" + query, take=take, **everybody)
        return more[0] if more else None

    def create(self):
        if self.person.is_operator or len(self.person.machines) >= 12:
            return
        key = f"k{self.mark()}"
        body = {"template": self.world.template, "name": key, "start": self.chance.random() < 0.5}
        # Who gets no answer asks again under the same key.
        for _ in range(20):
            if self.begin(key, body) is not None or self.world.over.is_set():
                break
            time.sleep(0.1)

    def begin(self, key, body, **what):
        try:
            status, said = self.call("create", "POST", "/v1/instances", body, {"Idempotency-Key": key}, take=begun, key=key, **what)
        except Away:
            return None
        if status == 202 and not what:
            with self.person.lock:
                if said["object"] not in self.world.every_machine:
                    self.world.every_machine[said["object"]] = self.person
                    self.world.names[said["object"]] = key
                    self.person.machines.append(said["object"])
                    self.person.keys.append((key, body))
            self.know(said)
        return status if status is None or status < 500 else None

    def know(self, said):
        self.world.every_operation[said["operation"]] = self.person
        self.person.keep(self.person.operations, said["operation"])

    def repeat(self):
        """A key that was used: the same deed again, or another one under it."""
        known = self.person.one_of(self.person.keys, self.chance)
        if known:
            key, body = known
            if self.chance.random() < 0.2:
                self.begin(key, {**body, "start": not body["start"]}, other=True)
            else:
                self.begin(key, body)

    def act(self):
        machine = self.machine()
        verb = self.chance.choice(["start", "start", "suspend", "wake", "force-off", "pause", "resume", "reset"])
        if machine:
            self.verb(machine, verb)

    def destroy(self):
        """One of many; of few none, for then there would be nothing to quarrel about."""
        if len(self.person.machines) < 6 or self.person.is_operator:
            return
        with self.person.lock:
            machine = self.chance.choice(self.person.machines[:-2])
        status, _ = self.verb(machine, "destroy")
        if status == 202:
            with self.person.lock:
                if machine in self.person.machines:
                    self.person.machines.remove(machine)
                    self.person.gone.append(machine)

    def verb(self, machine, verb):
        key = f"v{self.mark()}"
        path, fields = f"/v1/instances/{machine}/{verb}", {"Idempotency-Key": key}
        result = self.call("verb", "POST", path, {}, fields, take=begun, object=machine, verb=verb, key=key)
        if result[0] == 202:
            self.know(result[1])
        return result

    def look_at_operation(self, operation=None, wait=0):
        operation = operation or self.person.one_of(self.person.operations, self.chance)
        if not operation:
            return None, {}

        def take(fields, body):
            return {"ended": body["ended"], "state": body["state"], **({"outcome": body["outcome"]} if "outcome" in body else {})}

        return self.call("operation", "GET", f"/v1/operations/{operation}?wait={wait}", take=take, operation=operation)

    # Tokens.

    def make_token(self):
        key, texts = f"t{self.mark()}", []

        def take(fields, body):
            texts.append(body["token"])
            return {"token": body["id"], "replayed": "Idempotency-Replayed" in fields}

        for _ in range(20):
            try:
                status, said = self.call(
                    "token-make", "POST", f"/v1/users/{self.person.user}/tokens", {"label": key}, {"Idempotency-Key": key}, take=take, key=key)
            except Away:
                status = None
            if status == 201:
                self.person.keep(self.person.tokens, (said["token"], texts[-1]))
                self.world.every_token[said["token"]] = (self.person, texts[-1])
            if status is not None and status < 500 or self.world.over.is_set():
                return
            time.sleep(0.1)

    def use_token(self, known=None):
        known = known or self.person.one_of(self.person.tokens, self.chance)
        if known:
            self.call("token-use", "GET", "/v1/instances?limit=1", sign=known[1], token=known[0])

    def revoke_token(self):
        known = self.person.one_of(self.person.tokens, self.chance)
        if known:
            self.call("token-revoke", "DELETE", f"/v1/users/{self.person.user}/tokens/{known[0]}", token=known[0])

    # Templates that are shared with a few.

    def share(self):
        if not self.person.is_operator:
            return
        key = f"s{self.mark()}"
        chosen = self.chance.sample(self.world.people, 2)
        body = {"name": key, "image": self.world.image, "cpus": 1, "memory": 128 << 20, "sharedWith": [person.user for person in chosen]}
        names = {"with": [person.name for person in chosen]}
        status, said = self.call("share", "POST", "/v1/templates", body, {"Idempotency-Key": key}, take=begun, key=key, **names)
        if status == 202:
            self.know(said)
            self.world.shared.append(said["object"])

    def look_at_shared(self):
        with self.world.lock:
            template = self.chance.choice(self.world.shared) if self.world.shared else None
        if template and not self.person.is_operator:
            self.call("shared", "GET", f"/v1/templates/{template}", object=template)


def seen(fields, body):
    """What of a machine is judged: its version, what stands for it, and whether it lives."""
    return {"version": int(fields["ETag"].strip('"')), "mark": body.get("description"), "name": body["name"], "tags": body["tags"],
            "owner": body["owner"], "state": body["state"]}


def listed(item):
    return {"id": item["id"], "name": item["name"], "mark": item.get("description"), "state": item["state"], "owner": item["owner"]}


def begun(fields, body):
    return {"operation": body["id"], "object": body["object"], "replayed": "Idempotency-Replayed" in fields}
