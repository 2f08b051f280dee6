# SPDX-License-Identifier: Apache-2.0
"""Histories without a manager, for the tests of the checker: lawful ones by chance, and ones that are told call by call."""

import random

import checker
import history
from history import Call


def lawful(seed, calls=400, clients=8, things=3):
    """A history that a right manager could give: changes with and without a version, looks, lists, and in the end a look at everything.

    It is made by a register that does each call at one moment between its begin and its end, and loses some answers.
    """
    chance, plan, now = random.Random(seed), [], [0] * clients
    names = [f"vm-{number}" for number in range(things)]
    for number in range(1, calls + 1):
        client = chance.randrange(clients)
        begin = now[client] + chance.randint(1, 40)
        end = begin + chance.randint(2, 60)
        now[client] = end
        deed = chance.choice(["read", "read", "change", "change", "list"])
        plan.append([Call(number, client, "anna", deed, begin, end=end), chance.randint(begin + 1, end - 1)])
    late = max(now) + 10
    for place, name in enumerate(names):
        begin = late + 10 * place
        plan.append([Call(calls + 1 + place, 0, "anna", "read", begin, {"object": name}, begin + 5), begin + 2])
    truth = {name: {"version": 1, "mark": None, "name": name, "tags": [], "owner": "anna", "state": "stopped"} for name in names}
    for call, _ in sorted(plan, key=lambda entry: entry[1]):
        call.status = 200
        if call.do == "list":
            items = [{"id": name, "state": "stopped", "mark": row["mark"], "name": name, "owner": "anna"} for name, row in truth.items()]
            call.said = {"whole": True, "items": items}
            continue
        call.what.setdefault("object", chance.choice(names))
        row = truth[call.what["object"]]
        if call.do == "change":
            call.what["mark"] = f"mark-{call.number}"
            if chance.random() < 0.7:
                call.what["if"] = row["version"] - (chance.random() < 0.3)
            fits = call.what.get("if", row["version"]) == row["version"]
            lost = chance.random() < 0.1
            if fits and not (lost and chance.random() < 0.5):
                row["version"], row["mark"] = row["version"] + 1, call.what["mark"]
            if lost:
                call.status, call.end = None, history.NEVER
                continue
            if not fits:
                call.status = 412
                continue
        call.said = dict(row)
    return sorted((call for call, _ in plan), key=lambda call: call.begin)


class Told:
    """A history written call by call, one after the other unless a time is given."""

    def __init__(self):
        self.calls, self.now = [], 0

    def add(self, do, status, said=None, who="anna", begin=None, end=None, **what):
        begin = begin if begin is not None else self.now + 1
        end = end if end is not None else begin + 1
        self.now = max(self.now, begin if end == history.NEVER else end)
        call = Call(len(self.calls) + 1, 1, who, do, begin, what, end if status else history.NEVER, status, said or {})
        self.calls.append(call)
        return call

    def made(self, thing="vm-1", who="anna", key="k1"):
        self.add("create", 202, {"operation": f"op-{thing}", "object": thing}, who, key=key)
        self.ended(f"op-{thing}", who=who)

    def ended(self, operation, state="done", outcome="done", who="anna"):
        self.add("operation", 200, {"ended": True, "state": state, "outcome": outcome}, who, operation=operation)

    def look(self, version=1, mark=None, state="stopped", thing="vm-1", status=200, who="anna", **times):
        said = {"version": version, "mark": mark, "name": "k1", "tags": [], "owner": "anna", "state": state}
        return self.add("read", status, said if status == 200 else None, who, object=thing, **times)

    def change(self, mark, version=None, status=200, thing="vm-1", **what):
        said = {"version": version, "mark": mark, "name": "k1", "tags": [], "owner": "anna", "state": "stopped"}
        return self.add("change", status, said if status == 200 else None, object=thing, mark=mark, **what)

    def list(self, *things, state="stopped", mark=None, who="anna", whole=True, **what):
        items = [{"id": thing, "state": state, "mark": mark, "name": "k1", "owner": "anna"} for thing in things]
        return self.add("list", 200, {"whole": whole, "items": items}, who, **what)

    @property
    def rules(self):
        return {anomaly.rule for anomaly in checker.check(sorted(self.calls, key=lambda call: call.begin))}
