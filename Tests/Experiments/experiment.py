# SPDX-License-Identifier: Apache-2.0
"""What an experiment is: something is broken on purpose, and each thing that must hold is a sentence with the witness who said so.

One line is printed at its end; all verdicts go to a file beside the results. It ends with 1 where a verdict is no.
"""

import os
import statistics
import sys
import time
import traceback


# How often most of them break what they break, for a median; once where there is little time.
ROUNDS = int(os.environ.get("LYCEUM_ROUNDS", "3"))


class Broken(Exception):
    """It cannot go on: what comes next rests on what did not hold."""


class Experiment:
    """`with Experiment("D13", "…", "…") as it:`, and in it `it.must(…)` and `it.recovered(…)`."""

    def __init__(self, number, fault, recovery):
        """`recovery` says from what until what the time to recover is taken."""
        self.number, self.fault, self.recovery = number, fault, recovery
        self.verdicts, self.times, self.remarks = [], [], []
        self.folder = os.environ.get("LYCEUM_EXPERIMENTS", ".build/experiments")

    def must(self, sentence, witness, holds, seen=""):
        """A verdict. The witness is not the manager alone, unless what the manager says is what is judged."""
        self.verdicts.append((bool(holds), sentence, witness, str(seen)))
        if not holds:
            print(f"{self.number}: NO: {sentence} ({witness}): {seen}", file=sys.stderr)
        return holds

    def need(self, *verdict):
        """A verdict without which there is no going on."""
        if not self.must(*verdict):
            raise Broken(verdict[0])

    def until(self, seconds, sentence, witness, look, pause=0.1):
        """A verdict that has to be yes within so many seconds; gives how many it took. `look` gives whether it is so, and what was seen."""
        began = time.monotonic()
        while True:
            holds, seen = look()
            took = time.monotonic() - began
            if holds and took <= seconds:
                self.must(f"{sentence} (within {seconds} s)", witness, True, f"{took:.1f} s")
                return took
            if took > seconds:
                # A look that says yes, but took until then, says it too late.
                self.must(f"{sentence} (within {seconds} s)", witness, False, f"so only after {took:.1f} s" if holds else seen)
                raise Broken(sentence)
            time.sleep(pause)

    def recovered(self, seconds):
        self.times.append(seconds)

    def remark(self, sentence):
        """What the table says besides."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, kind, error, trace):
        if error and not isinstance(error, (Broken, KeyboardInterrupt, SystemExit)):
            self.must("it could be carried out", "this script", False, "".join(traceback.format_exception(error)))
        elif error and not isinstance(error, Broken):
            return False
        if not self.times:
            self.must("it recovered", "this script", False)
        self.tell()
        if any(not holds for holds, *_ in self.verdicts):
            sys.exit(1)
        return True

    def tell(self):
        holds = all(verdict[0] for verdict in self.verdicts)
        median = f"{statistics.median(self.times):.1f} s ({len(self.times)})" if self.times else "never"
        yes, word = sum(verdict[0] for verdict in self.verdicts), "holds" if holds else "broken"
        print(f"{self.number:4} {self.fault}: recovered after {median}, {yes} of {len(self.verdicts)} verdicts, "
              f"{time.monotonic() - self.began:.0f} s: {word}", flush=True)
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, f"{self.number}.txt"), "w", encoding="utf-8") as file:
            for good, sentence, witness, seen in self.verdicts:
                file.write(f"{'yes' if good else 'NO '}  {sentence}  [{witness}]{'  ' + seen if seen else ''}\n")
        with open(os.path.join(self.folder, f"{self.number}.tsv"), "w", encoding="utf-8") as file:
            file.write("\t".join([self.number, self.fault, self.recovery, median, f"{yes} of {len(self.verdicts)}", word, "; ".join(self.remarks),
                                  os.environ.get("LYCEUM_EXPERIMENT_WHEN", "by hand")]) + "\n")
