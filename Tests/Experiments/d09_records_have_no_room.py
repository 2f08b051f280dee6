#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D9. The file system of the records is full.

Broken:   the file system of the records (a tmpfs of its own; store and consoles are elsewhere) is filled to the last byte, three times,
          and batches of machines are asked for until one is refused.
Must hold while it is full: changes are refused with 503 or 507, reads are answered, guests go on.
Must hold afterwards: a change is taken within 5 s, without a restart; each batch that was acknowledged is there whole, also after a kill -9,
          and nothing of those that were refused; leases are as they were.
Verdicts: the guest's counter, libvirt; of records the API, and SQLite's own check of the file.
"""

import os
import sqlite3
import time

import outside
from cloud import Cloud
from experiment import ROUNDS, Experiment

BATCH = 40

with Experiment("D9", "the records' file system is full", "there is room, to the first change that is taken") as it:
    # Set up.
    cloud = Cloud(QUOTA_INSTANCES="100000", QUOTA_DISK="1000000")
    os.makedirs(cloud.state(), mode=0o700)
    outside.tool("mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "records", cloud.state())
    for name, mode in (("store", 0o711), ("consoles", 0o711)):
        elsewhere = os.path.join(cloud.folder, name)
        os.mkdir(elsewhere, mode)
        os.mkdir(cloud.state(name), mode)
        outside.tool("mount", "--bind", elsewhere, cloud.state(name))
    cloud.start()
    cloud.template()
    machine = cloud.launch("one")
    lease, taken, refused = cloud.shown(machine)["lease"], {}, []

    def batch(name):
        """Asks for many machines; gives the status."""
        status, said, _ = cloud.ask("POST", "/v1/instances", {"template": cloud.made_of, "name": f"{name}-%02d", "count": BATCH})
        if status == 202:
            taken[name] = said["id"]
        else:
            refused.append(name)
        return status

    def judge_batches(when):
        there, cursor = {}, ""
        while cursor is not None:
            page = cloud.call("GET", "/v1/instances?limit=500" + (f"&cursor={cursor}" if cursor else ""))
            for item in page["items"]:
                name = item["name"].rsplit("-", 1)[0]
                there[name] = there.get(name, 0) + 1
            cursor = page.get("next")
        it.must(f"what was acknowledged is there whole {when}", "lists", all(there.get(name) == BATCH for name in taken), (taken, there))
        it.must(f"nothing of what was refused is there {when}", "lists", not any(name in there for name in refused), refused)

    for number in range(ROUNDS):
        # Break.
        with open(cloud.state("filler"), "wb") as filler:
            try:
                while True:
                    filler.write(bytes(1 << 20))
            except OSError:
                pass
            try:
                while True:
                    os.write(filler.fileno(), bytes(4096))
            except OSError:
                pass

        # Check while it is broken.
        statuses = []
        while not statuses or statuses[-1] == 202 and len(statuses) < 80:
            statuses.append(batch(f"full-{number}-{len(statuses)}"))
        it.must("a change that has no room is refused as one", "the API", statuses[-1] in (503, 507), statuses[-3:])
        it.must("reads are answered", "the API", cloud.ask("GET", "/v1/instances?limit=10")[0] == 200)
        before = outside.counter(cloud, machine)
        it.until(10, "the guest counts on", "guest counter", lambda: (outside.counter(cloud, machine) > before, before))

        # Heal.
        began = time.monotonic()
        os.unlink(filler.name)
        place = 0

        def taken_again():
            global place
            place += 1
            status = batch(f"again-{number}-{place}")
            return status == 202, status

        it.until(5, "changes are taken again, without a restart", "the API", taken_again)
        it.recovered(time.monotonic() - began)
        judge_batches("at once")

    # Check after.
    it.must("no lease is lost or moved", "the API", cloud.shown(machine)["lease"] == lease, lease)
    cloud.kill()
    cloud.start()
    judge_batches("after a kill -9")
    it.must("the guest was not restarted", "guest counter", outside.never_restarted(cloud, machine))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
    found = sqlite3.connect(f"file:{cloud.state('lyceum.db')}?mode=ro", uri=True).execute("PRAGMA integrity_check").fetchall()
    it.must("the records are sound", "SQLite's check", found == [("ok",)], found)
    it.remark(f"{len(taken)} batches taken, {len(refused)} refused")
