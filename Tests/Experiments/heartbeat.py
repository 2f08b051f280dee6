# SPDX-License-Identifier: Apache-2.0
"""What a tiny guest says of itself: a number on its console each second, from 1 after each boot.

The log of a console goes when its machine is taken off, so one log alone does not tell whether a guest went on or was booted anew: a new log
that begins at 1 looks like a good one. What was read last is therefore kept here, from log to log."""

import os
import re


class Heartbeat:
    """The numbers of one guest, as long as somebody looks at them."""

    def __init__(self, path):
        # `begun`: how often the guest was seen to begin at the beginning, the first time among them.
        self.path, self.last, self.begun = path, 0, 0
        self.file, self.rest = None, b""

    def look(self):
        """Reads what has come since the last look."""
        try:
            there = open(self.path, "rb")
        except FileNotFoundError:
            there = None
        if there and self.file and os.path.samestat(os.fstat(there.fileno()), os.fstat(self.file.fileno())):
            there.close()
            there = None
        self.read()
        if there:
            # The old one stays open until here, so that the new one cannot have its inode.
            if self.file:
                self.file.close()
            self.file, self.rest = there, b""
            self.read()
        return self

    def read(self):
        if self.file is None:
            return
        lines, _, self.rest = (self.rest + self.file.read()).rpartition(b"\n")
        for number in map(int, re.findall(rb"counter (\d+)\r?\n", lines + b"\n")):
            if number <= self.last or self.begun == 0:
                self.begun += 1
            self.last = number
