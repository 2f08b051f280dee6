#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D10. The disk of the records refuses a sync, and then is well again.

Broken:   each fsync and fdatasync of the records fails with EIO (strace takes the kernel's part), three times, for five seconds.
Must hold: from the first failure on nothing more is acknowledged by that process, also when the disk is well again, for nobody knows what
          is on it (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020); reads are answered; guests go on. It says
          no more that it lives, so whoever looks after it starts it anew: here this script is systemd, with a watchdog of 6 s for 60.
Must hold afterwards: what was acknowledged before is there; the records are sound.
Verdicts: HTTP, sd_notify's socket, the guest's counter, SQLite's own check of the file.
"""

import os
import socket
import sqlite3
import subprocess
import time

import outside
from cloud import Cloud
from experiment import ROUNDS, Experiment

WATCHDOG = 6

with Experiment("D10", "fsync of the records fails for 5 s", "the disk is well, to the first change that is taken (watchdog 6 s)") as it:
    # Set up.
    cloud = Cloud()
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(os.path.join(cloud.folder, "notify"))
    ear.settimeout(WATCHDOG)
    supervised = {"NOTIFY_SOCKET": ear.getsockname(), "WATCHDOG_USEC": str(WATCHDOG * 1_000_000)}
    cloud.start(**supervised)
    cloud.template()
    machine = cloud.launch("one")

    def change(mark):
        return cloud.ask("PATCH", f"/v1/instances/{machine}", {"description": mark}, fields={"If-Match": "*"})[0]

    def wait_for_silence(most):
        """As systemd's watchdog: gives how long it took until nothing was heard for so long."""
        began = heard = time.monotonic()
        while time.monotonic() - heard < WATCHDOG and time.monotonic() - began < most:
            try:
                if b"WATCHDOG=1" in ear.recv(4096):
                    heard = time.monotonic()
            except TimeoutError:
                pass
        return time.monotonic() - heard >= WATCHDOG

    for number in range(ROUNDS):
        it.need("a change is taken at first", "HTTP", change(f"before-{number}") == 200)
        # Break.
        record = os.path.join(cloud.folder, f"strace-{number}")
        breaker = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", record, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
             "-P", cloud.state("lyceum.db"), "-P", cloud.state("lyceum.db-wal"), "-p", str(cloud.process.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        # Check while it is broken.
        def struck():
            with open(record, encoding="utf-8") as file:
                return "EIO" in file.read(), "no sync was refused"

        # The look at the host writes every three seconds, if nobody else does.
        it.until(15, "a sync was refused", "strace", lambda: struck() if os.path.exists(record) else (False, "strace is not there"))
        until = time.monotonic() + 5
        statuses = set()
        while time.monotonic() < until:
            statuses.add(change(f"broken-{number}"))
            time.sleep(0.2)
        it.must("nothing is acknowledged while the disk refuses", "HTTP", statuses == {503}, statuses)
        it.must("reads are answered", "HTTP", cloud.ask("GET", f"/v1/instances/{machine}")[0] == 200)

        # Heal.
        began = time.monotonic()
        breaker.terminate()
        breaker.wait()
        statuses = {change(f"doubtful-{number}") for _ in range(5)}
        it.must("the same process acknowledges nothing any more, though the disk is well", "HTTP", statuses == {503}, statuses)
        it.must("it does not say that it lives", "sd_notify", wait_for_silence(30))
        before = outside.counter(cloud, machine)
        cloud.kill()
        cloud.start(**supervised)
        it.until(10, "a change is taken again", "HTTP", lambda: ((status := change(f"after-{number}")) == 200, status))
        it.recovered(time.monotonic() - began)
        it.until(10, "the guest counts on", "guest counter", lambda: (outside.counter(cloud, machine) > before, before))

    # Check after.
    shown = cloud.shown(machine)
    it.must("what was acknowledged last is there", "HTTP", shown["description"] == f"after-{ROUNDS - 1}", shown["description"])
    it.must("the guest was not restarted", "guest counter", outside.never_restarted(cloud, machine))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
    found = sqlite3.connect(f"file:{cloud.state('lyceum.db')}?mode=ro", uri=True).execute("PRAGMA integrity_check").fetchall()
    it.must("the records are sound", "SQLite's check", found == [("ok",)], found)
