# SPDX-License-Identifier: Apache-2.0
"""Rules about one object and its versions: what was written is there, once, and is seen in order."""

from collections import defaultdict

from story import Anomaly, behind


def versions(story):
    """Changes are not lost, not doubled, not seen too late, and a version (ETag) stands for one content."""
    for thing, looks in story.looks.items():
        # A change has a version of its own, which is above all that was answered before it began.
        for earlier, later in behind([(call, call.said["version"]) for call in looks], strict=lambda call: call.do == "change"):
            if later.do == "change":
                yield Anomaly("lost-write", f"a change of {thing} was answered with a version that was there before it", (earlier, later))
            else:
                yield Anomaly("stale-read", f"{thing} went back in time", (earlier, later))
        contents = {}
        for call in looks:
            content = (call.said.get("mark"), call.said["name"], tuple(call.said["tags"]), call.said["owner"])
            first = contents.setdefault(call.said["version"], (content, call))
            if first[0] != content:
                yield Anomaly("two-contents", f"version {call.said['version']} of {thing} stands for two contents", (first[1], call))
            yield from explained(story, thing, call)
        yield from written(story, thing, contents)
        yield from counted(story, thing, looks)
        # A mark stays until the next change, and no other change leaves it there: seen again behind another it was written again.
        order = [(version, contents[version][0][0]) for version in sorted(contents)]
        left = set()
        for (_, mark), (version, after) in zip(order, order[1:]):
            if mark != after:
                left.add(mark)
            if after in left and after is not None:
                yield Anomaly("doubled", f"a change of {thing} came back at version {version}", (contents[version][1],))


def explained(story, thing, look):
    """What is seen was written by somebody, who had begun by then and was not told that nothing was done."""
    mark = look.said.get("mark")
    if mark is None:
        return
    author = story.marks.get(mark)
    if author is None or author.what["object"] != thing or author.begin > look.end:
        yield Anomaly("phantom", f"{thing} shows what nobody had written by then", (look,))
    elif author.refused:
        yield Anomaly("refused-write-seen", f"{thing} shows what was refused", (author, look))


def written(story, thing, contents):
    """A change for a version is the next version, and nobody else's."""
    owners = {}
    for call in story.changes[thing]:
        if not call.done:
            continue
        own = call.what.get("if")
        if own is None:
            continue
        version = own + 1
        other = owners.setdefault(version, call)
        if other is not call:
            yield Anomaly("lost-write", f"two changes of version {own} of {thing} were both acknowledged", (other, call))
        seen = contents.get(version)
        if seen and seen[0][0] != call.what["mark"]:
            yield Anomaly("lost-write", f"version {version} of {thing} is not what was acknowledged for it", (call, seen[1]))


def counted(story, thing, looks):
    """In the end there are as many versions as changes: each adds one, and a destruction adds one."""
    last = max(looks, key=lambda call: call.begin)
    others = story.changes[thing] + story.destroys[thing]
    if last.do != "read" or any(not call.unknown and call.end > last.begin for call in others):
        return
    gone = 1 if last.said["state"] == "destroyed" else 0
    shown = {call.said.get("mark") for call in looks}
    sure = [call for call in story.changes[thing] if call.done or (call.unknown and call.what["mark"] in shown)]
    maybe = [call for call in story.changes[thing] if call.unknown and call.what["mark"] not in shown]
    effects = last.said["version"] - 1 - gone
    if effects < len(sure):
        yield Anomaly("lost-write", f"{len(sure)} changes of {thing} were acknowledged or seen, and {effects} are there", (last,))
    if effects > len(sure) + len(maybe):
        yield Anomaly("doubled", f"{thing} was changed {effects} times, by {len(sure)} changes and {len(maybe)} that nobody knows of", (last,))
