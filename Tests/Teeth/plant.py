#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Plants the bugs of Tests/Teeth/bugs as switches: each place that a bug changes is replaced by both of its forms, and the environment
# variable LYCEUM_PLANTED names the bug that is alive while a process runs. The product has no such switch: they are in a copy only.
#
#   Tests/Teeth/plant.py --check         every file is well formed, and fits the sources and tests as they are
#   Tests/Teeth/plant.py --list          names, layers, numbers of faults and sentences
#   Tests/Teeth/plant.py --into FOLDER   a copy of this repository with all bugs; what is the same there stays untouched, so that a build
#                                        goes on from the last one
#   Tests/Teeth/plant.py --in-place      into this very tree: for a tree that is a copy already
#
# --bugs FOLDER takes the bugs from elsewhere, --tree FOLDER the sources and tests. How a file is written: Tests/Teeth/README.md.
import argparse
import hashlib
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = {
    "rules": "CloudModel, Access, Quotas, Leases, Scheduling",
    "engine": "CloudWorkflow",
    "store": "CloudStoreSQL, CloudStoreSQLite",
    "operations": "CloudOperations: verbs, transactions, watches",
    "hosts": "Hypervisor, NetFabric, ImageStore, their simulated twins and their adapters",
}
LEAST = {"in all": 40, "of each layer": 4, "that need two faults": 4}
HEAD = ["layer", "breaks", "invariant", "faults", "found by"]
SWITCH = "PlantedBugs.swift"
SWITCH_TEXT = """// A switch for each planted bug. This file is in no product: Tests/Teeth/plant.py puts it into copies only.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum PlantedBugs {
    private static let alive = getenv("LYCEUM_PLANTED").map { String(cString: $0) }
    private static let isReached: Bool = {
        if let path = getenv("LYCEUM_PLANTED_REACHED") { close(creat(path, 0o600)) }
        return true
    }()
    /// Whether a bug is alive in this process; leaves a mark where it was reached.
    static func on(_ name: String) -> Bool { name == alive && isReached }
}
"""


class Bad(Exception):
    """What is wrong with the file of a bug, as a sentence."""


class Bug:
    def __init__(self, name, text):
        self.name, self.text, self.head, self.places = name, text, {}, []
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise Bad("a bug is called by lower-case words with dashes between them")
        part, key = None, None
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("file: "):
                part = {"file": line[6:].strip()}
                self.places.append(part)
                key = None
            elif part is not None and line in ("was:", "becomes:"):
                key = line[:-1]
                if key in part or key == "becomes" and "was" not in part:
                    raise Bad(f"line {number}: `{line}` once for each file, `was:` first")
                part[key] = []
            elif key:
                part[key].append(line)
            elif line.strip() and part is None:
                field, colon, value = line.partition(":")
                if not colon:
                    raise Bad(f"line {number}: a line of the head is `field: text`")
                if not value.strip():
                    raise Bad(f"line {number}: nothing stands behind `{field.strip()}:`")
                if field.strip() in self.head:
                    raise Bad(f"line {number}: `{field.strip()}:` is there already")
                self.head[field.strip()] = value.strip()
            elif line.strip():
                raise Bad(f"line {number}: after `file:` come `was:` and `becomes:`")
        for field in HEAD:
            if field not in self.head:
                raise Bad(f"its head has no `{field}:`")
        unknown = sorted(set(self.head) - set(HEAD) - {"missed because"})
        if unknown:
            raise Bad(f"nobody reads `{unknown[0]}:`")
        if self.layer not in LAYERS:
            raise Bad(f"a layer is one of {', '.join(LAYERS)}")
        if not re.fullmatch(r"I([1-9]|[1-3]\d|4[0-2])(, I\d+)*|none", self.head["invariant"]):
            raise Bad("an invariant is I1 to I42, or none")
        if self.head["faults"] not in ("1", "2"):
            raise Bad("faults is 1, or 2 where it only shows when two things go wrong")
        if not self.places:
            raise Bad("it changes no file")
        for place in self.places:
            for key in ("was", "becomes"):
                # A statement that is left out has an empty text; a file that was cut off has not even the word.
                if key not in place:
                    raise Bad(f"there is no `{key}:` for {place['file']}")
                place[key] = block(place[key])
            if not place["was"]:
                raise Bad(f"`was:` is empty for {place['file']}")
            if place["was"] == place["becomes"]:
                raise Bad(f"nothing changes in {place['file']}: `was:` and `becomes:` are the same")
            near = re.search(r"\b(?!BUG\b)(?:\w*BUG\w*|[Bb]ug)\b", place["becomes"])
            if near and near[0] not in place["was"]:
                raise Bad(f"the switch is called `BUG`, not `{near[0]}`")
            parts = place["file"].split("/")
            if parts[0] != "Sources" or len(parts) < 4 or ".." in parts or not place["file"].endswith(".swift"):
                raise Bad(f"{place['file']} is no Swift file in a target of Sources")

    layer = property(lambda self: self.head["layer"])
    needs_two = property(lambda self: self.head["faults"] == "2")
    filters = property(lambda self: self.head["found by"].split())

    def planted(self, place):
        """Both forms of a place. `BUG` in the new form is the switch; where it does not stand there, both are statements."""
        on, was, becomes = f'PlantedBugs.on("{self.name}")', place["was"], place["becomes"]
        if re.search(r"\bBUG\b", becomes):
            return re.sub(r"\bBUG\b", lambda _: on, becomes)
        if not becomes:
            return f"if !{on} {{\n{was}\n}}"
        return f"if {on} {{\n{becomes}\n}} else {{\n{was}\n}}"


def block(lines):
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return "\n".join(lines)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def load(folder):
    """The bugs of a folder, and a sentence for each file that is none."""
    bugs, wrong = [], []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".txt"):
            wrong.append(f"{name}: a bug is a file that ends in .txt")
            continue
        try:
            bugs.append(Bug(name[:-4], read(os.path.join(folder, name))))
        except (Bad, UnicodeDecodeError) as error:
            wrong.append(f"{name}: {error}")
    return bugs, wrong


def suites(tree):
    """The names of the test targets of a tree, and of all types that its tests have: a suite is one of them."""
    names = {}
    for target in sorted(os.listdir(os.path.join(tree, "Tests"))) if os.path.isdir(os.path.join(tree, "Tests")) else []:
        for folder, _, files in os.walk(os.path.join(tree, "Tests", target)):
            for file in files:
                if file.endswith(".swift"):
                    found = re.findall(r"\b(?:struct|class|actor|enum|extension)\s+(\w+)", read(os.path.join(folder, file)))
                    names.setdefault(target, set()).update(found)
    return names


def unknown_suites(bugs, tree):
    """A sentence for each suite that no test is in: nobody would find the bug there."""
    known = suites(tree)
    wrong = []
    for bug in bugs:
        for suite in bug.filters:
            target, *types = re.split(r"[./]", suite)
            if target not in known or types and types[0] not in known[target]:
                wrong.append(f"{bug.name}.txt: there is no suite {suite} in Tests")
    return wrong


def fit(bugs, tree):
    """The texts of all files with all bugs in them, and a sentence for each that does not fit."""
    changes, wrong, texts = {}, [], {}
    for bug in bugs:
        for place in bug.places:
            path = os.path.join(tree, place["file"])
            if not os.path.isfile(path):
                wrong.append(f"{bug.name}.txt: there is no {place['file']}")
                continue
            text = texts.setdefault(place["file"], read(path))
            found = text.count(place["was"])
            if found != 1:
                often = "does not occur" if not found else f"occurs {found} times"
                wrong.append(f"{bug.name}.txt: what `was:` says {often} in {place['file']}")
                continue
            start = text.index(place["was"])
            changes.setdefault(place["file"], []).append((start, start + len(place["was"]), bug, place))
    for file, found in changes.items():
        found.sort(key=lambda change: change[0])
        for (_, end, first, _), (start, _, second, _) in zip(found, found[1:]):
            if start < end:
                wrong.append(f"{second.name}.txt: it changes the same text of {file} as {first.name}")
        for start, end, bug, place in reversed(found):
            texts[file] = texts[file][:start] + bug.planted(place) + texts[file][end:]
    texts = {file: text for file, text in texts.items() if file in changes}
    for target in sorted({"/".join(file.split("/")[:3]) for file in texts}):
        texts[f"{target}/{SWITCH}"] = SWITCH_TEXT
    return texts, wrong


def too_few(bugs):
    counts = [("in all", len(bugs)), ("that need two faults", sum(bug.needs_two for bug in bugs))]
    counts += [(f"of each layer, and {layer} has {n}", n) for layer in LAYERS for n in [sum(b.layer == layer for b in bugs)]]
    least = [LEAST[what] if what in LEAST else LEAST["of each layer"] for what, _ in counts]
    return [f"there are to be {most} {what}; there are {count}" for (what, count), most in zip(counts, least) if count < most]


def files(tree):
    """What is copied: everything but what is built, downloaded or kept by git."""
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(f for f in folders if not f.startswith((".build", ".git", ".swiftpm", "__pycache__", ".schemathesis")))
        if folder == tree and "build" in folders:
            folders.remove("build")
        for name in sorted(names):
            if name != "Package.resolved" or folder == tree:
                yield os.path.relpath(os.path.join(folder, name), tree)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def copy(tree, planted, target):
    there = set(files(target)) if os.path.isdir(target) else set()
    due = set(files(tree))
    for name in sorted(due | set(planted)):
        path, old = os.path.join(target, name), None
        if name in there:
            with open(path, "rb") as file:
                old = file.read()
        if name in planted:
            new = planted[name].encode()
        else:
            with open(os.path.join(tree, name), "rb") as file:
                new = file.read()
        if new == old:
            continue
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(new)
        if name in due:
            shutil.copymode(os.path.join(tree, name), path)
    # What SwiftPM wrote down of its own accord stays.
    for name in there - due - set(planted) - {"Package.resolved"}:
        os.remove(os.path.join(target, name))


def digest(texts):
    total = hashlib.sha256()
    for name, text in sorted(texts.items()):
        total.update(f"{name}\0{text}\0".encode())
    return total.hexdigest()[:16]


def describe(bugs, tree):
    """What whoever runs the planted build reads: its bugs, and what it was made of."""
    sources = {n: read(os.path.join(tree, n)) for n in files(tree) if n.startswith(("Sources/", "Tests/")) and n.endswith((".swift", ".log"))}
    rows = [
        {
            "name": bug.name, "layer": bug.layer, "needsTwo": bug.needs_two, "breaks": bug.head["breaks"],
            "filters": bug.filters, "missedBecause": bug.head.get("missed because", ""), "digest": digest({bug.name: bug.text}),
        }
        for bug in bugs
    ]
    return json.dumps({"tree": digest(sources), "bugs": rows}, indent=1)


def main():
    parser = argparse.ArgumentParser(usage="plant.py [--bugs FOLDER] [--tree FOLDER] (--check | --list | --into FOLDER | --in-place)")
    parser.add_argument("--bugs", metavar="FOLDER", default=os.path.join(HERE, "bugs"), help="where the bugs are (Tests/Teeth/bugs)")
    parser.add_argument(
        "--tree", metavar="FOLDER", default=os.path.dirname(os.path.dirname(HERE)), help="where sources and tests are (this repository)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="is every file well formed, and does it fit sources and tests?")
    what.add_argument("--list", action="store_true", help="layers, numbers of faults, names and sentences")
    what.add_argument("--into", metavar="FOLDER", help="makes a copy of the tree there, with all bugs as switches")
    what.add_argument("--in-place", action="store_true", help="puts the bugs into the tree itself, which is a copy already")
    asked = parser.parse_args()
    for folder in (asked.bugs, asked.tree):
        if not os.path.isdir(folder):
            parser.error(f"there is no folder {folder}")
    bugs, wrong = load(asked.bugs)
    if asked.list:
        for bug in bugs:
            print(f"{bug.layer}\t{bug.head['faults']}\t{bug.name}\t{bug.head['breaks']}")
    else:
        planted, misfits = fit(bugs, asked.tree)
        wrong += misfits
        if asked.check:
            wrong += unknown_suites(bugs, asked.tree) + too_few(bugs)
    for sentence in wrong:
        print(f"teeth: {sentence}", file=sys.stderr)
    if wrong:
        return 1
    if asked.check:
        print(f"teeth: {len(bugs)} bugs, {sum(bug.needs_two for bug in bugs)} of them need two faults; all fit")
    elif asked.into or asked.in_place:
        description = describe(bugs, asked.tree)
        target = asked.tree if asked.in_place else asked.into
        if asked.into:
            copy(asked.tree, planted, target)
        else:
            for name, text in planted.items():
                write(os.path.join(target, name), text)
        write(os.path.join(target, ".build", "planted.json"), description)
    return 0


if __name__ == "__main__":
    sys.exit(main())
