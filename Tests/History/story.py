# SPDX-License-Identifier: Apache-2.0
"""A history by what it is about, and the one idea of all rules: levels that never go down."""

from collections import defaultdict
from dataclasses import dataclass

import history


@dataclass(frozen=True)
class Anomaly:
    rule: str
    sentence: str
    calls: tuple = ()

    def __str__(self):
        return "\n  ".join([f"{self.rule}: {self.sentence}", *map(str, self.calls)])


def behind(seen, evidence=(), strict=lambda call: False):
    """Pairs (earlier, later) of which the later one, begun after the earlier was answered, shows less; or no more, where it is strict.

    `seen` are pairs of a call and its level; `evidence` are more of them, which say what was so and are not judged themselves.
    """
    by_end, place, best = sorted([*seen, *evidence], key=lambda pair: pair[0].end), 0, None
    for call, level in sorted(seen, key=lambda pair: pair[0].begin):
        while place < len(by_end) and by_end[place][0].end < call.begin:
            if best is None or by_end[place][1] > best[1]:
                best = by_end[place]
            place += 1
        if best and (level < best[1] or (level == best[1] and strict(call))):
            yield best[0], call


class Story:
    """The calls, by what they are about."""

    def __init__(self, calls):
        self.calls = calls
        self.by_do = defaultdict(list)
        for call in calls:
            self.by_do[call.do].append(call)
        # Of each object: who looked (with a version), who changed it, who tried to destroy it.
        self.looks, self.changes, self.destroys = defaultdict(list), defaultdict(list), defaultdict(list)
        for call in self.by_do["read"] + self.by_do["change"]:
            if call.done:
                self.looks[call.what["object"]].append(call)
        for call in self.by_do["change"]:
            self.changes[call.what["object"]].append(call)
        for call in self.by_do["verb"]:
            if call.what["verb"] == "destroy" and not call.refused:
                self.destroys[call.what["object"]].append(call)
        self.marks = {call.what["mark"]: call for call in self.by_do["change"]}
        # The first look that saw an operation ended, and how it ended.
        self.ended = {}
        for call in self.by_do["operation"]:
            if call.done and call.said["ended"]:
                known = self.ended.get(call.what["operation"])
                if known is None or call.end < known.end:
                    self.ended[call.what["operation"]] = call

    def was_done(self, call):
        """When it was seen that what a call had begun is done; never where nobody saw it."""
        seen = self.ended.get(call.said.get("operation")) if call.done else None
        return seen.end if seen and seen.said["state"] == "done" else history.NEVER
