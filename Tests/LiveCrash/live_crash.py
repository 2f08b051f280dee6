# SPDX-License-Identifier: Apache-2.0
"""Lets the real lyceumd die at each crash point, and judges what the next one makes of it. Run by Scripts/live-crash, which says where.

A point is clean where the process ended itself there; the next manager came to rest; `lyceum doctor --audit` finds nothing; what was acknowledged
is there, has ended as asked (or undone, where it was refused), and is what the same request under the same key is answered with; what was not
acknowledged can be asked again; no guest's counter went back, and a guest that was to run on has its QEMU."""

import hashlib
import os
import sys
import time

import recipes_more  # noqa: F401  registers its recipes
import recipes_stuck  # noqa: F401
from guests import Guests
from manager import Gone, Manager, Trouble
from recipes import RECIPES

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
        # What was wrong before, so that each finding is counted once; and when each witness counted last.
        self.known, self.last = set(), {}

    def run(self, point, key):
        """Milliseconds until the next manager came to rest. Throws what is not clean."""
        manager, guests = self.manager, self.guests
        request = RECIPES[point.case](guests, point.step)
        process, boots = guests.process(request.instance) if request.lives else None, guests.boots()
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
        if process is not None and guests.process(request.instance) != process:
            raise Trouble(f"{request.instance} did not run on: its QEMU was {process} and is {guests.process(request.instance)}")
        self.look_at_counters(boots, request.instance if request.boots else None)
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

    def look_at_counters(self, before, apart):
        """No guest began anew but the one that was to, and the witnesses count on."""
        now = self.guests.boots()
        back = [instance for instance, boots in now.items() if instance != apart and boots > before.get(instance, 0)]
        if back:
            raise Trouble(f"counters went back: {', '.join(back)}")
        counts = self.guests.counts()
        for witness in self.witnesses:
            numbers, now = counts.get(witness, []), time.monotonic()
            last, seen = self.last.get(witness, (0, now))
            number = numbers[-1] if numbers else 0
            if number > last or witness not in self.last:
                self.last[witness] = (number, now)
            elif now - seen > 20:
                raise Trouble(f"{witness} no longer counts: {number}")


class Results:
    """One line a point and round, kept from run to run as long as program and list are the same."""

    def __init__(self, folder, *parts):
        digest = hashlib.sha256()
        for part in parts:
            with open(part, "rb") as file:
                digest.update(file.read())
        os.makedirs(folder, exist_ok=True)
        self.path, stamp = f"{folder}/results.tsv", f"{folder}/made-of"
        if not (os.path.exists(stamp) and open(stamp, encoding="ascii").read() == digest.hexdigest()):
            open(self.path, "w", encoding="utf-8").close()
            with open(stamp, "w", encoding="ascii") as file:
                file.write(digest.hexdigest())
        self.rows = {}
        with open(self.path, encoding="utf-8") as file:
            for line in file.read().splitlines():
                number, text, *rest = line.split("\t")
                self.rows[(int(number), text)] = rest

    def clean(self, number, text):
        return self.rows.get((number, text), [""])[0] == "clean"

    def add(self, number, point, verdict, rest, seconds, note=""):
        row = [verdict, str(rest), f"{seconds:.1f}", point.case, note.replace("\t", " ").replace("\n", " ")]
        self.rows[(number, point.text)] = row
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("\t".join([str(number), point.text, *row]) + "\n")


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] / 1000


def summary(results, planned, without):
    """Says the counts; true where everything is clean and done."""
    wanted = {(number, way.text) for number, way in planned}
    rows = {which: row for which, row in results.rows.items() if which in wanted}
    clean = sorted(int(row[1]) for row in rows.values() if row[0] == "clean")
    dirty = {which: row for which, row in rows.items() if row[0] != "clean"}
    for (number, text), row in sorted(dirty.items()):
        print(f"live-crash: NOT CLEAN: {text} (round {number}, {row[3]}): {row[4]}")
    if without:
        kinds = sorted({point.kind for point in without})
        print(f"live-crash: {len(without)} points have no recipe, of {', '.join(kinds)}:")
        for point in without:
            print(f"  {point.text}")
    slow = False
    if clean:
        p50, p99 = percentile(clean, 0.5), percentile(clean, 0.99)
        slow = p99 >= 10
        print(f"live-crash: to rest p50 {p50:.2f} s, p99 {p99:.2f} s (a guest's boot not counted), longest {clean[-1] / 1000:.2f} s")
    print(f"live-crash: {len(clean)} clean, {len(dirty)} not clean, {len(wanted) - len(rows)} left, {len(without)} without a recipe")
    return not dirty and not slow and len(rows) == len(wanted)


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
    results = Results(os.environ["LYCEUM_CRASH_RESULTS"], f"{programs}/lyceumd", listed)
    planned, todo = plan(mode, points, results)
    print(f"live-crash: {len(points)} points, {len(todo)} of {len(planned)} deaths to do, {minutes:g} minutes", flush=True)
    deadline = time.monotonic() + minutes * 60
    manager = Manager(folder, programs)
    try:
        manager.start()
        guests = Guests(manager, os.environ["LYCEUM_TINY_IMAGE"])
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
