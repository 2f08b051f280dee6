# SPDX-License-Identifier: Apache-2.0
"""Rules about lives, lists, operations, keys, tokens and what is shared."""

from collections import defaultdict

import history
from story import Anomaly, behind


def lives(story):
    """What was made is there; what was destroyed stays so; nobody sees what is another's."""
    alive, gone = 1, 2
    seen, evidence = defaultdict(list), defaultdict(list)
    for call in story.by_do["create"]:
        if call.done:
            watch = story.ended.get(call.said["operation"])
            if watch and watch.said["state"] == "done":
                evidence[call.said["object"]].append((watch, alive))
    for call in story.by_do["read"]:
        thing = call.what["object"]
        if call.what.get("foreign"):
            if call.status not in (404, None) and not call.unknown:
                yield Anomaly("foreign", f"{thing} was shown to somebody whom it does not concern", (call,))
        elif call.done:
            seen[thing].append((call, gone if call.said["state"] == "destroyed" else alive))
        elif call.status == 404:
            seen[thing].append((call, 0))
    for call in story.by_do["verb"]:
        if call.what["verb"] == "destroy" and call.done:
            watch = story.ended.get(call.said["operation"])
            if watch and watch.said["state"] == "done":
                evidence[call.what["object"]].append((watch, gone))
    for call in story.by_do["list"]:
        for item in call.said.get("items", []) if call.done else []:
            seen[item["id"]].append((call, gone if item["state"] == "destroyed" else alive))
    for thing, looks in seen.items():
        for earlier, later in behind(looks, evidence[thing]):
            lost = later.do == "read" and later.status == 404
            rule = "lost-object" if lost else "resurrected"
            yield Anomaly(rule, f"{thing} {'is not there any more' if lost else 'came to life again'}", (earlier, later))
    yield from listed(story)


def listed(story):
    """A whole list has everything that was there throughout, and shows none of it older than it was."""
    born = defaultdict(list)
    for call in story.by_do["create"]:
        if call.done:
            born[call.who].append((story.was_done(call), call))
    # The oldest version with a mark: a destruction makes another one, and leaves the mark.
    at = {}
    for thing, looks in story.looks.items():
        for call in looks:
            if call.said.get("mark") is not None:
                at[call.said["mark"]] = min(call.said["version"], at.get(call.said["mark"], history.NEVER))
    levels = defaultdict(list)
    for thing, looks in story.looks.items():
        levels[thing] = [(call, call.said["version"]) for call in looks]
    for call in story.by_do["list"]:
        if not call.done or not call.said.get("whole"):
            continue
        there = {item["id"] for item in call.said["items"]}
        makers = list(born) if call.what.get("all") else [call.who]
        for made, creation in (pair for maker in makers for pair in born.get(maker, [])):
            thing = creation.said["object"]
            if made < call.begin and thing not in there and not any(end.begin < call.end for end in story.destroys[thing]):
                yield Anomaly("missing-in-list", f"{thing} is not in a list of everything", (creation, call))
        for item in call.said["items"]:
            if item.get("mark") in at:
                levels[item["id"]].append((call, at[item["mark"]]))
    for thing, seen in levels.items():
        for earlier, later in behind(seen):
            if later.do == "list" or earlier.do == "list":
                yield Anomaly("stale-list", f"{thing} went back in time between a list and a look", (earlier, later))


def operations(story):
    """What was acknowledged is there, comes to an end, and the end stays."""
    seen, acknowledged, ends = defaultdict(list), defaultdict(list), {}
    for call in story.calls:
        if call.done and "operation" in call.said:
            acknowledged[call.said["operation"]].append((call, 0))
    last = {}
    for call in story.by_do["operation"]:
        name = call.what["operation"]
        if call.status == 404:
            seen[name].append((call, -1))
        elif call.done:
            seen[name].append((call, 1 if call.said["ended"] else 0))
            last[name] = call
            if call.said["ended"]:
                end = (call.said["state"], call.said.get("outcome"))
                first = ends.setdefault(name, (end, call))
                if first[0] != end:
                    yield Anomaly("operation-changed", f"{name} ended in two ways", (first[1], call))
    for name, looks in seen.items():
        for earlier, later in behind(looks, acknowledged[name]):
            gone = later.status == 404
            rule, what = ("lost-operation", "is gone") if gone else ("operation-changed", "is open again")
            yield Anomaly(rule, f"{name} {what}", (earlier, later))
    for name, calls in acknowledged.items():
        if calls and (name not in last or not last[name].said["ended"]):
            yield Anomaly("not-ended", f"{name} has not ended, as far as anybody saw", (calls[0][0],))


def keys(story):
    """The same key is the same deed, and is done once; another body under it is refused."""
    used = defaultdict(list)
    for call in story.calls:
        if "key" in call.what and call.done:
            used[call.who, call.what["key"]].append(call)
    for (who, key), calls in used.items():
        ids = {call.said.get("operation") or call.said.get("token") for call in calls}
        if len(ids) > 1:
            yield Anomaly("doubled", f"the key {key} of {who} stands for {len(ids)} deeds", tuple(calls[:3]))
        firsts = [call for call in calls if not call.said.get("replayed")]
        if len(firsts) > 1:
            yield Anomaly("doubled", f"the key {key} of {who} was new {len(firsts)} times", tuple(firsts[:3]))
        for call in calls:
            if call.what.get("other"):
                yield Anomaly("key-mixed", f"the key {key} of {who} was taken for another body", (call,))
    # What a key made is there once, whatever its caller was told: names begin with the key.
    made = defaultdict(set)
    for call in story.by_do["list"]:
        if call.done and call.what.get("all"):
            for item in call.said["items"]:
                made[item["owner"], item["name"].split(" ")[0]].add(item["id"])
    for (owner, key), things in made.items():
        if len(things) > 1:
            yield Anomaly("doubled", f"{len(things)} instances were made under the key {key} of {owner}: {sorted(things)}")


def tokens(story):
    """A token is good from its answer until it is revoked, and never after that."""
    revokes, seen = defaultdict(list), defaultdict(list)
    for call in story.by_do["token-revoke"]:
        if not call.refused:
            revokes[call.what["token"]].append(call)
        if call.done:
            seen[call.what["token"]].append((call, 1))
    for call in story.by_do["token-use"]:
        token = call.what["token"]
        if call.status == 401 and not any(revoke.begin < call.end for revoke in revokes[token]):
            yield Anomaly("token-lost", f"{token} is refused, and nobody has revoked it", (call,))
        if call.status in (200, 401):
            seen[token].append((call, 0 if call.status == 200 else 1))
    for token, looks in seen.items():
        for earlier, later in behind(looks):
            yield Anomaly("token-resurrected", f"{token} is good again", (earlier, later))


def sharing(story):
    """Whom a template was shared with sees it from then on; nobody else ever does."""
    for creation in story.by_do["share"]:
        if not creation.done:
            continue
        since, thing = story.was_done(creation), creation.said["object"]
        for look in story.by_do["shared"]:
            if look.what["object"] != thing or look.unknown:
                continue
            mine = look.who in creation.what["with"] or look.who == creation.who
            if look.done and not mine:
                yield Anomaly("foreign", f"{thing} was shown to somebody whom it is not shared with", (creation, look))
            if look.status == 404 and mine and since < look.begin:
                yield Anomaly("lost-object", f"{thing} is shared, and is not there", (creation, look))


def faults(story):
    """500 is a fault of the program, whatever came of it; so is an answer that lacks what is promised. An audit that finds something is one, too."""
    for call in story.calls:
        if call.malformed:
            yield Anomaly("malformed", "an answer lacks what is promised", (call,))
        if call.status == 500:
            yield Anomaly("fault", "the manager says itself that something is wrong with it", (call,))
        if call.do == "audit" and call.done and (call.said["differences"] or call.said["openOperations"]):
            yield Anomaly("audit", "records and hosts do not agree in the end", (call,))
