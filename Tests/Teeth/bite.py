#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Looks for each planted bug in a build that has all of them (Tests/Teeth/plant.py): lets one after the other live while tests run, all in
# the suites that their files name, then those that are left in everything else, until a test fails that passes without it: twice with the bug, and
# passes twice without, so that a test that fails now and then finds nothing. What was found is kept, so that a run that was ended goes on.
# Scripts/teeth calls this; alone:
#
#   Tests/Teeth/bite.py --tree FOLDER [--results FILE] [--table FILE] [--minutes N] [--seconds N] [--blind] [NAME…]
#
# --tree: where the planted build is. --table: where the figures are written, once all are judged. --minutes: after so many no other bug is begun (status 3). --seconds: the longest that one run of
# tests may take. --blind: what the files say of who should find a bug is not looked at. NAMEs: these only, whatever is known of them.
#
# Status 0: at least 95 of 100 are found, and of each that is missed the file says why. 1: that is not so. 3: more is to be done.
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

QUICK = (
    "Access|CloudModel|CloudStore|CloudStoreMemory|CloudStoreSQL|CloudStoreSQLite|CloudTesting|CloudWorkflow|Hypervisor|HypervisorLibvirt|HypervisorSim|"
    "ImageStore|ImageStoreFiles|ImageStoreSim|Leases|NetFabric|NetFabricLinux|NetFabricSim|Quotas|Scheduling"
)
HEAVY = "CrashPointsTests|CrashSeedsTests|GoldenJournalTests|OperationChecksTests|RebuildAndResizeTests|SaveAsTemplateTests|VerbsInStatesTests"
# What looks for a bug that its named suites did not find: its name, what it filters, what it skips.
CHECKS = [
    ("20 seeds of the simulator", r"^CloudSimulationTests\.CloudSeedsTests", None),
    ("the scenarios", r"^CloudSimulationTests\.ScenarioFilesTests", None),
    ("the quick suites", rf"^({QUICK})Tests\.", None),
    ("operations", r"^CloudOperationsTests\.", rf"^CloudOperationsTests\.({HEAVY})"),
    ("the checks of every operation", r"^CloudOperationsTests\.OperationChecksTests", None),
    ("20 seeds of crashes", r"^CloudOperationsTests\.CrashSeedsTests", None),
    ("the API", r"^CloudHTTPTests\.", None),
]
WANTED = 95
USAGE = "bite.py --tree FOLDER [--results FILE] [--table FILE] [--minutes N] [--seconds N] [--blind] [NAME…]"


class Unsound(Exception):
    """The planted build or its tests are not as they must be to tell anything."""


class Run:
    """What one run of some tests said."""

    def __init__(self, status, hung, seconds, output):
        self.status, self.hung, self.seconds = status, hung, seconds
        self.failed = set()
        self.ran = 0
        for line in output.splitlines():
            if match := re.match(r"^\S+\s+Test run with (\d+) test", line):
                self.ran = int(match[1])
            elif match := re.match(r"^\S+\s+Test (?!run )(.+?)(?: with \d+ test cases?)? failed after ", line):
                self.failed.add(match[1])
        self.tail = "\n".join(output.splitlines()[-12:])

    @property
    def died(self):
        return not self.hung and (self.status < 0 or self.status >= 128)


class Bench:
    def __init__(self, tree, seconds):
        self.tree, self.seconds = os.path.abspath(tree), seconds
        self.binary = os.path.join(self.tree, ".build", "debug", "lyceumPackageTests.xctest")
        if not os.access(self.binary, os.X_OK):
            raise Unsound(f"there is no {self.binary}: Scripts/teeth builds it")
        self.calm, self.twice = {}, set()

    def run(self, check, bug=None, mark=None):
        _, only, skipped = check
        command = [self.binary, "--testing-library", "swift-testing", "--filter", only]
        if skipped:
            command += ["--skip", skipped]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LYCEUM_") and k not in ("SIM_SEED", "LYCEUM_RECORD")}
        environment.update(
            SIM_SEEDS="20", SWIFT_DETERMINISTIC_HASHING="1", SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="8",
            LYCEUM_LIVE_WHY_NOT="planted bugs are looked for without real machines",
        )
        if bug:
            environment.update(LYCEUM_PLANTED=bug)
        if mark:
            environment.update(LYCEUM_PLANTED_REACHED=mark)
        begun = time.monotonic()
        with tempfile.TemporaryFile() as output:
            # A group of its own, so that what the tests started ends with them.
            process = subprocess.Popen(
                command, cwd=self.tree, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            hung = False
            try:
                process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                hung = True
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        return Run(process.returncode, hung, time.monotonic() - begun, text)

    def without(self, check):
        """The same tests without any bug: what fails then says nothing."""
        if check not in self.calm:
            run = self.run(check)
            if run.hung or run.died or not run.ran:
                why = "does not end" if run.hung else "dies" if run.died else "runs no test"
                raise Unsound(f"`{check[1]}` {why} without any bug:\n{run.tail}")
            if run.failed:
                print(f"teeth: without any bug `{check[1]}` fails at {', '.join(sorted(run.failed))}: that finds nothing", flush=True)
            self.calm[check] = run
        return self.calm[check]

    def without_again(self, check):
        """Once more without any bug, the first time that something is found by these tests: what fails now and then says nothing either."""
        calm = self.without(check)
        if check not in self.twice:
            del self.calm[check]
            again = self.without(check)
            again.failed |= calm.failed
            again.seconds = max(again.seconds, calm.seconds)
            self.twice.add(check)
        return self.calm[check]

    def finds(self, check, bug, mark):
        """What found the bug, in two runs with it; None where nothing did."""
        signs = self.signs(check, self.without(check), self.run(check, bug, mark))
        if signs:
            signs &= self.signs(check, self.without_again(check), self.run(check, bug, mark))
            if not signs:
                print(f"teeth: `{check[1]}` found {bug} once, and not once more: that finds nothing", flush=True)
        if not signs:
            return None
        first, *more = sorted(signs)
        return first + (f" and {len(more)} more" if more else "")

    def signs(self, check, calm, run):
        """What is otherwise than without a bug: tests that fail, or that the check does not end, or dies."""
        if run.hung:
            # Whoever waits for a lost thing waits for ever; a check that is slow by itself says nothing by that.
            return {f"{check[0]} does not end"} if calm.seconds < self.seconds / 4 else set()
        return run.failed - calm.failed or ({f"{check[0]} dies"} if run.died else set())


def named(bug):
    # No \b: to the engine of `swift test` a dot between two letters ends no word.
    return [(suite, "^" + suite.replace(".", r"\.") + "[./]", None) for suite in bug["filters"]]


class Results:
    """One line for each bug: name, what it was made of, verdict, seconds, what found it or why not. Of two the later counts."""

    def __init__(self, path):
        self.path, self.rows = path, {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    fields = line.rstrip("\n").split("\t")
                    if len(fields) == 5:
                        self.rows[fields[0]] = fields

    def of(self, bug, made_of):
        row = self.rows.get(bug["name"])
        return row if row and row[1] == made_of else None

    def add(self, *fields):
        fields = [str(field).replace("\t", " ").replace("\n", " ") for field in fields]
        self.rows[fields[0]] = fields
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("\t".join(fields) + "\n")


def bite(bench, bug, checks, reached):
    """Verdict, seconds, and what found it or why nothing did. `reached` are those whose places were reached so far."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        mark = os.path.join(folder, "reached")
        for check in checks:
            found = bench.finds(check, bug["name"], mark)
            if found:
                return "found", time.monotonic() - begun, found
        if os.path.exists(mark):
            reached.add(bug["name"])
    why = "its place is reached, and nothing fails" if bug["name"] in reached else "no check reaches its place"
    return "missed", time.monotonic() - begun, why


def table(bugs, rows):
    """The figures, as lines of Markdown."""
    lines = ["| layer | planted | found |", "|---|---|---|"]
    groups = [(layer, [b for b in bugs if b["layer"] == layer]) for layer in dict.fromkeys(b["layer"] for b in bugs)]
    groups += [("that need two faults", [b for b in bugs if b["needsTwo"]]), ("all", bugs)]
    for name, group in groups:
        found = sum(rows[b["name"]][2] == "found" for b in group)
        lines.append(f"| {name} | {len(group)} | {found} |")
    return lines


def ended(number, frame):
    raise SystemExit(128 + number)


def main():
    # What runs then is ended on the way out.
    signal.signal(signal.SIGTERM, ended)
    parser = argparse.ArgumentParser(usage=USAGE)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--results")
    parser.add_argument("--table")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    with open(os.path.join(asked.tree, ".build", "planted.json"), encoding="utf-8") as file:
        planted = json.load(file)
    bugs = planted["bugs"]
    unknown = sorted(set(asked.names) - {bug["name"] for bug in bugs})
    if unknown:
        print(f"teeth: no planted bug is called {unknown[0]}", file=sys.stderr)
        return 1
    chosen = [bug for bug in bugs if not asked.names or bug["name"] in asked.names]
    results = Results(asked.results or os.path.join(asked.tree, ".build", "teeth-results"))
    made_of = {bug["name"]: f"{planted['tree']}/{bug['digest']}{'/blind' if asked.blind else ''}" for bug in bugs}
    begun = time.monotonic()
    try:
        bench = Bench(asked.tree, asked.seconds)
        due = [bug for bug in chosen if asked.names or not results.of(bug, made_of[bug["name"]])]
        reached = set()
        # All are looked for where they should be found before one is looked for everywhere: that takes minutes.
        for everywhere in (True,) if asked.blind else (False, True):
            for bug in list(due):
                if time.monotonic() - begun > asked.minutes * 60:
                    continue
                verdict, seconds, what = bite(bench, bug, CHECKS if everywhere else named(bug), reached)
                if verdict == "missed" and not everywhere:
                    continue
                due.remove(bug)
                results.add(bug["name"], made_of[bug["name"]], verdict, f"{seconds:.1f}", what)
                print(f"{verdict:6} {seconds:6.1f} s  {bug['name']}: {what}", flush=True)
    except Unsound as error:
        print(f"teeth: {error}", file=sys.stderr)
        return 1
    rows = {bug["name"]: results.of(bug, made_of[bug["name"]]) for bug in chosen}
    waiting = [name for name, row in rows.items() if row is None]
    if waiting:
        print(f"teeth: {len(waiting)} are still to be looked for; the next run goes on")
        return 3
    missed = [bug for bug in chosen if rows[bug["name"]][2] == "missed"]
    lines = table(chosen, rows) + [""]
    for bug in missed:
        lines.append(f"missed: {bug['name']} ({rows[bug['name']][4]}): {bug['missedBecause'] or 'nobody has written why'}")
    share = 100 * (len(chosen) - len(missed)) / len(chosen)
    lines.append(f"teeth: {len(chosen) - len(missed)} of {len(chosen)} are found, {share:.1f} %; {WANTED} % are wanted")
    print("\n".join(lines))
    if asked.table:
        with open(asked.table, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return 0 if share >= WANTED and all(bug["missedBecause"] for bug in missed) else 1


if __name__ == "__main__":
    sys.exit(main())
