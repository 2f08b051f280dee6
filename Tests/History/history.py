# SPDX-License-Identifier: Apache-2.0
"""What was asked and what was answered, as a file: a line when a call begins, a line when its answer is there.

A call whose second line says `lost`, or that has none (the recorder died), has an *unknown* outcome: it may have been done or not, also
later. So has one that says `malformed`: an answer that lacks what is promised, which is an anomaly besides. Times are nanoseconds of a clock that never goes back and is the same for all processes of a machine.
"""

import json
import threading
import time
from dataclasses import dataclass, field

NEVER = float("inf")


@dataclass(slots=True)
class Call:
    """One call of one client."""

    number: int
    client: int
    who: str
    do: str
    begin: int
    what: dict = field(default_factory=dict)
    end: float = NEVER
    status: int | None = None
    said: dict = field(default_factory=dict)
    lost: str | None = None
    malformed: str | None = None

    @property
    def done(self):
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self):
        """It was said that nothing was done."""
        return self.status is not None and 400 <= self.status < 500

    @property
    def unknown(self):
        """It may have been done: no answer came, or one that does not know (5xx)."""
        return not self.done and not self.refused

    def __str__(self):
        why = self.malformed or self.lost or "no answer was written"
        answer = f"{self.status} {self.said}" if self.status is not None else f"unknown ({why})"
        text = f"#{self.number} of client {self.client} as {self.who}: {self.do} {self.what} -> {answer}"
        return text if len(text) <= 400 else text[:400] + " …"


class Recorder:
    """Writes a history; many threads may."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.count = 0
        self.answered = 0
        self.unknown = 0

    def call(self, client, who, do, **what):
        with self.lock:
            self.count += 1
            number = self.count
            line = {"call": number, "at": time.monotonic_ns(), "client": client, "who": who, "do": do, **({"what": what} if what else {})}
            self.file.write(json.dumps(line, separators=(",", ":")) + "\n")
        return number

    def answer(self, number, status, said):
        now = time.monotonic_ns()
        with self.lock:
            self.answered += 1
            self.file.write(json.dumps({"answer": number, "at": now, "status": status, "said": said}, separators=(",", ":")) + "\n")

    def lost(self, number, why):
        now = time.monotonic_ns()
        with self.lock:
            self.unknown += 1
            self.file.write(json.dumps({"answer": number, "at": now, "lost": why}, separators=(",", ":")) + "\n")

    def malformed(self, number, why):
        now = time.monotonic_ns()
        with self.lock:
            self.unknown += 1
            self.file.write(json.dumps({"answer": number, "at": now, "malformed": why}, separators=(",", ":")) + "\n")

    def close(self):
        with self.lock:
            self.file.close()


def read(path):
    """The calls of a history in the order in which they began. A last line that was cut off is left out; any other that cannot be read is
    an error."""
    calls = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                break
            try:
                entry = json.loads(line)
                if "call" in entry:
                    call = Call(entry["call"], entry["client"], entry["who"], entry["do"], entry["at"], entry.get("what", {}))
                    calls[call.number] = call
                    continue
                call = calls[entry["answer"]]
            except (ValueError, KeyError, TypeError) as error:
                raise SystemExit(f"{path}:{number}: no line of a history: {error!r}") from error
            if "lost" in entry:
                call.lost = entry["lost"]
            elif "malformed" in entry:
                call.malformed = entry["malformed"]
            else:
                call.end, call.status, call.said = entry["at"], entry["status"], entry["said"]
    return sorted(calls.values(), key=lambda call: call.begin)
