# SPDX-License-Identifier: Apache-2.0
"""What became of each point, kept from run to run, and the counts."""

import hashlib
import os


class Results:
    """One line a point and round, kept from run to run as long as all is the same that they rest on: program, image, list, and what is here."""

    def __init__(self, folder, *parts):
        digest = hashlib.sha256()
        for part in parts:
            with open(part, "rb") as file:
                # By the hash of each, so that what goes from the end of one to the beginning of the next is a change.
                digest.update(hashlib.file_digest(file, "sha256").digest())
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
    """Says the counts; true where every point has a recipe, and all are done and clean."""
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
    return not dirty and not slow and not without and len(rows) == len(wanted)
