# SPDX-License-Identifier: Apache-2.0
"""Lets the real lyceumd die at each crash point, and judges what the next one makes of it. Run by Scripts/live-crash, which says where.

A point is clean where the process ended itself there; the next manager came to rest; `lyceum doctor --audit` finds nothing; what was acknowledged
is there, has ended as asked (or undone, where it was refused), and is what the same request under the same key is answered with; what was not
acknowledged can be asked again; no guest that was not to boot began to count anew, also behind a sleep; a guest that was to run on has its QEMU, and
one that was to wake has a QEMU that was begun with memory."""

import glob
import os
import sys
import time

import recipes_more  # noqa: F401  registers its recipes
import recipes_parts  # noqa: F401
import recipes_stuck  # noqa: F401
from guests import Guests
from manager import Gone, Manager, Trouble
from recipes import RECIPES
from results import Results, summary

FEW = ("instance.pause/pause/afterEffect", "instance.suspend/network/afterEffect", "instance.wake/memory/afterEffect")


class Point:
    """A line of points.txt, and the ways to it that have a recipe."""

    def __init__(self, line):
        self.text, *ways = line.split("\t")
        self.kind, self.step, self.border = self.text.split("/")
        split = [way.partition(" @ ") for way in ways]
        self.cases = [f"{self.kind}: {name}" for name, _, _ in split]
        self.ways = [Way(self, case, refused) for case, (_, _, refused) in zip(self.cases, split) if case in RECIPES]


class Way:
    """A point, the case that leads to it, and what has to be refused for that, or nothing."""

    def __init__(self, point, case, refused):
        self.text, self.step, self.case, self.refused = point.text, point.step, case, refused

    @property
    def orders(self):
        return f"refuse {self.refused};{self.text}" if self.refused else self.text


class Trial:
    """One point, once."""

    def __init__(self, manager, guests, witnesses):
        self.manager, self.guests, self.witnesses = manager, guests, witnesses
        # What was wrong before, so that each finding is counted once; and what each witness counted last, and when.
        self.known, self.last = set(), {}

    def run(self, point, key):
        """Milliseconds until the next manager came to rest. Throws what is not clean."""
        manager, guests = self.manager, self.guests
        request = RECIPES[point.case](guests, point.step)
        process = guests.process(request.instance) if request.instance and not request.boots else None
        begun = guests.begun()
        manager.order(";".join(filter(None, (request.orders, point.orders))))
        acknowledged = self.ask(request, key)
        died = manager.died(40)
        manager.order("")
        if not died:
            raise Trouble("the point was never reached: the manager lives")
        began = manager.start()
        rest = self.rest(began)
        outcome = self.outcome(point, request, acknowledged, key)
        if request.after is not None:
            request.after()
        self.audit()
        if request.ends is not None and outcome == "done" and guests.state(request.instance) != request.ends:
            raise Trouble(f"{request.instance} is {guests.state(request.instance)}, not {request.ends}")
        if request.instance is not None:
            self.look_at_guest(request, process, begun.get(request.instance, 0), outcome)
        self.look_at_counters(begun, request.instance if request.boots else None)
        guests.clear()
        return rest

    def ask(self, request, key):
        """The operation, where it was acknowledged."""
        if request.deed is not None:
            request.deed()
            return None
        headers = {"If-Match": "*"} if request.method == "PATCH" else None
        try:
            status, answer = self.patiently(request, key, headers)
        except Gone:
            return None
        if status not in (200, 202):
            self.manager.order("")
            raise Trouble(f"{request.method} {request.path} is {status}: {answer.get('code')}: {answer.get('detail')}")
        return answer["id"] if status == 202 else None

    def rest(self, began):
        """When the manager is at work on nothing any more: what waits for a guest is not counted."""
        while True:
            left = set(self.manager.under_way()) - self.known
            if not left:
                return round((time.monotonic() - began) * 1000)
            if time.monotonic() - began > 60:
                self.known |= left
                raise Trouble(f"not at rest after 60 s: {list(self.manager.under_way().values())[0]}")
            time.sleep(0.03)

    def outcome(self, point, request, acknowledged, key):
        """How the operation ended: what was acknowledged, or is asked once more."""
        manager = self.manager
        if request.deed is not None:
            return None
        again = None
        if request.keyed:
            status, answer = self.patiently(request, key, None)
            if status != 202:
                raise Trouble(f"asked again: {status}: {answer.get('code')}: {answer.get('detail')}")
            again = answer["id"]
            if acknowledged is not None and again != acknowledged:
                raise Trouble(f"{acknowledged} was acknowledged, and the same key now gives {again}")
        operation = acknowledged or again
        if operation is None:
            return None
        ended = manager.ended(operation)
        allowed = ("done", "undone") if point.refused else ("done",)
        if ended["state"] not in allowed:
            raise Trouble(f"{operation} is {ended['state']}: {(ended.get('failure') or {}).get('detail')}")
        return ended["state"]

    def patiently(self, request, key, headers):
        """The request under its key, as a caller repeats it who is told to come again."""
        for _ in range(100):
            status, answer = self.manager.call(
                request.method, request.path, request.body, key if request.keyed else None, headers)
            if status not in (409, 429, 503) or answer.get("code") not in ("busy", "unavailable", "host-unreachable", "rate-limited"):
                break
            time.sleep(0.1)
        return status, answer

    def audit(self):
        """Records and host agree, within ten seconds."""
        limit = time.monotonic() + 10
        while True:
            found = set(self.manager.doctor()) - self.known
            if not found:
                return
            if time.monotonic() > limit:
                self.known |= found
                raise Trouble(f"lyceum doctor --audit: {'; '.join(sorted(found))}")
            time.sleep(0.2)

    def look_at_guest(self, request, process, begun, outcome):
        """The machine that it was about is the same, or was woken; and its guest has said so, where it speaks."""
        guests, instance = self.guests, request.instance
        now = guests.process(instance)
        if request.lives and now != process:
            raise Trouble(f"{instance} did not run on: its QEMU was {process} and is {now}")
        if now is not None and (request.wakes and outcome == "done" or process is not None and now != process):
            guests.require_restored(instance)
        if now is not None:
            guests.require_parts(instance)
        if guests.state(instance) != "running":
            return
        if request.boots:
            # One that was asked and then let alone may still do it.
            guests.wait_for_beginning(instance, begun, 60 if outcome == "done" else 10)
        else:
            guests.wait_for_number(instance)

    def look_at_counters(self, before, apart):
        """No guest began anew but the one that was to, and the witnesses count on."""
        # Whoever was not heard of before begins once.
        back = [instance for instance, begun in self.guests.begun().items() if instance != apart and begun > max(1, before.get(instance, 0))]
        if back:
            raise Trouble(f"began to count anew: {', '.join(back)}")
        for witness in self.witnesses:
            number, now = self.guests.heartbeat(witness).last, time.monotonic()
            last, seen = self.last.get(witness, (0, now))
            if number > last or witness not in self.last:
                self.last[witness] = (number, now)
            elif now - seen > 20:
                raise Trouble(f"{witness} no longer counts: {number}")


def plan(mode, points, results):
    """What is to be done, and what is left of it: rounds and ways. Each round comes to a point by another of its ways."""
    if mode == "sample":
        # One point of each recipe, behind an effect where there is one.
        ways = [way for point in points for way in point.ways if not way.refused]
        chosen = []
        for case in sorted(RECIPES):
            mine = [way for way in ways if way.case == case]
            effects = [way for way in mine if way.text.endswith("/afterEffect")] or mine
            chosen += effects[len(effects) // 2:len(effects) // 2 + 1]
        todo = list(enumerate(chosen, 1))
        return todo, todo
    todo = []
    for number in range(1, 4 if mode == "full" else 2):
        ways = [point.ways[(number - 1) % len(point.ways)] for point in points]
        todo += [(number, way) for way in sorted(ways, key=lambda way: (way.case, way.text))]
    return todo, [(number, way) for number, way in todo if not results.clean(number, way.text)]


def main():
    mode, folder = sys.argv[1], os.environ["LYCEUM_CRASH_DIR"]
    minutes = float(os.environ.get("LYCEUM_LIVE_CRASH_MINUTES") or 60)
    programs, listed = os.environ["LYCEUM_PROGRAMS"], os.path.join(os.path.dirname(__file__), "points.txt")
    with open(listed, encoding="utf-8") as file:
        points = [Point(line) for line in file.read().splitlines() if not line.startswith("#")]
    idle = set(RECIPES) - {case for point in points for case in point.cases}
    if idle:
        sys.exit(f"live-crash: recipes of no case: {', '.join(sorted(idle))}")
    only = FEW if mode == "few" else (os.environ.get("LYCEUM_CRASH_POINTS") or "").split(",")
    if only != [""]:
        named = {text: [point for point in points if point.text == text or point.text.startswith(text + "/")] for text in only}
        unknown = [text for text, those in named.items() if not those]
        if unknown:
            sys.exit(f"live-crash: no point or operation of Tests/LiveCrash/points.txt: {', '.join(unknown)}")
        points = [point for point in points if any(point.text == text or point.text.startswith(text + "/") for text in only)]
    without = [point for point in points if not point.ways]
    points = [point for point in points if point.ways]
    mine = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.py")))
    image = os.environ["LYCEUM_TINY_IMAGE"]
    results = Results(
        os.environ["LYCEUM_CRASH_RESULTS"], f"{programs}/lyceumd", f"{programs}/lyceum", image, listed, sys.modules["heartbeat"].__file__, *mine)
    planned, todo = plan(mode, points, results)
    print(f"live-crash: {len(points)} points, {len(todo)} of {len(planned)} deaths to do, {minutes:g} minutes", flush=True)
    deadline = time.monotonic() + minutes * 60
    manager = Manager(folder, programs)
    try:
        manager.start()
        guests = Guests(manager, image)
        witnesses = [guests.new("tiny", "running", passing=False) for _ in range(1 if mode == "few" else 2)]
        trial = Trial(manager, guests, witnesses)
        for index, (number, point) in enumerate(todo):
            if time.monotonic() > deadline:
                break
            one(trial, results, number, point, f"{os.getpid()}-{index}")
    finally:
        manager.end()
    fine = summary(results, planned, without)
    sys.exit(0 if fine else 1)


def one(trial, results, number, point, key):
    began = time.monotonic()
    try:
        results.add(number, point, "clean", trial.run(point, key), time.monotonic() - began)
        return
    except (Trouble, Gone, OSError, LookupError, StopIteration) as error:
        results.add(number, point, "dirty", 0, time.monotonic() - began, f"{type(error).__name__}: {error}")
        print(f"live-crash: {point.text}: {error}", flush=True)
    # What is wrong with a point is not to be wrong with the next one.
    trial.manager.order("")
    trial.manager.keep_trash(True)
    trial.guests.forget()
    if trial.manager.process.poll() is not None:
        trial.manager.start()


if __name__ == "__main__":
    main()
