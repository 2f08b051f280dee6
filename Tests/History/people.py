# SPDX-License-Identifier: Apache-2.0
"""A connection, a person, and what all clients know."""

import http.client
import json
import threading


class Away(Exception):
    """The manager takes no connection: nothing was asked, so there is nothing to be unsure of."""


class Line:
    """A connection to the manager, made anew when it was lost."""

    def __init__(self, address, port):
        self.address, self.port, self.connection = address, port, None

    def connect(self):
        """Raises `Away` where nobody takes the connection."""
        if self.connection is None:
            connection = http.client.HTTPConnection(self.address, self.port, timeout=30)
            try:
                connection.connect()
            except OSError as error:
                raise Away from error
            self.connection = connection

    def ask(self, method, path, token, body=None, fields=None):
        """Status, fields and JSON of an answer; whatever it raises, nobody knows what became of what was asked."""
        self.connect()
        try:
            headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", **(fields or {})}
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else {}
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Person:
    """Somebody with a token, and what they have: shared by all clients that act as them."""

    def __init__(self, name, user, token, is_operator=False):
        self.name, self.user, self.token, self.is_operator = name, user, token, is_operator
        self.lock = threading.Lock()
        self.machines, self.gone, self.keys, self.tokens, self.operations = [], [], [], [], []

    def one_of(self, things, chance):
        """One of the newest more often than one of the old: many at the same thing is where things go wrong."""
        with self.lock:
            return things[max(0, len(things) - 1 - int(chance.expovariate(0.4)))] if things else None

    def keep(self, things, thing, most=40):
        with self.lock:
            things.append(thing)
            del things[:-most]


class World:
    """What all clients know."""

    def __init__(self, recorder, people, template, image, port, wanted):
        self.recorder, self.people, self.template, self.image, self.port, self.wanted = recorder, people, template, image, port, wanted
        self.over = threading.Event()
        self.shared, self.lock = [], threading.Lock()
        # Of all tokens, operations and machines that were acknowledged: whose they are, and the first names.
        self.every_token, self.every_operation, self.every_machine, self.names = {}, {}, {}, {}

    @property
    def is_enough(self):
        return self.over.is_set() or self.recorder.answered + self.recorder.unknown >= self.wanted
