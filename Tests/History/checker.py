#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a history, and nothing else, and says what in it cannot be.

    checker.py HISTORY      ends with 1 where there is an anomaly, and where there is nothing to look at

The promises of Documentation/api.md, as rules over what clients saw. Everything with an order is a *level* that never goes down in real
time: where a call was answered before another began, the second shows no less than the first. With versions as levels this is
linearizability of an object by the order of its versions; who began before the other's answer may see either.
A call of which the outcome is unknown may have happened at any time after its begin, once, or never: it is held against nobody, and may
explain what others saw.
"""

import sys
from collections import Counter

import history
from rules import faults, keys, lives, operations, sharing, tokens
from story import Story
from versions import versions

RULES = [versions, lives, operations, keys, tokens, sharing, faults]


def check(calls):
    """All anomalies of calls in the order in which they began."""
    story = Story(calls)
    return [anomaly for rule in RULES for anomaly in rule(story)]


def main(path):
    try:
        calls = history.read(path)
    except (OSError, UnicodeDecodeError) as error:
        print(f"history: {path} cannot be read: {error}", file=sys.stderr)
        return 1
    # A run in which nobody asked anything is not a good one.
    if not calls:
        print(f"history: there is no operation in {path}: nothing was looked at", file=sys.stderr)
        return 1
    unknown = [call for call in calls if call.unknown]
    found = check(calls)
    for anomaly in found[:20]:
        print(anomaly)
    kinds = Counter(call.do for call in calls)
    print(f"history: {len(calls)} operations of {len({call.client for call in calls})} clients: "
          + ", ".join(f"{count} {do}" for do, count in kinds.most_common()))
    print(f"history: {sum(call.done for call in calls)} done, {sum(call.refused for call in calls)} refused, {len(unknown)} unknown "
          f"({sum(call.status is None for call in unknown)} without an answer, "
          f"{sum(call.status is not None for call in unknown)} answered with 5xx)")
    print(f"history: {len(found)} anomalies" + (f" ({dict(Counter(anomaly.rule for anomaly in found))})" if found else ""))
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        is_asked = sys.argv[1:] in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if is_asked else sys.stderr)
        sys.exit(0 if is_asked else 64)
    sys.exit(main(sys.argv[1]))
