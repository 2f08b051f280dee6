#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D13. The process of a machine is killed, as the kernel does when memory is short.

Broken:   kill -9 of a machine's QEMU, three times.
Must hold: the machine is shown as failed within 5 s, with the reason; its disk is there; the other machine notices nothing.
Must hold afterwards: `start` boots it from the same disk, with the file that was written before.
Verdicts: the process table, libvirt, the disk's inode, a hash that the guest computes, the other guest's counter.
"""

import os
import signal
import time

import outside
from cloud import Cloud
from experiment import ROUNDS, Experiment

with Experiment("D13", "a machine's QEMU is killed", "its death, to the machine ready again (start asked as soon as it is shown as failed)") as it:
    # Set up.
    cloud = Cloud()
    cloud.start()
    cloud.template()
    machine, other = cloud.launch("one", "two")
    disk = os.path.join(cloud.state("store", "disks"), cloud.shown(machine)["disks"][0]["id"])
    place, others_process = os.stat(disk).st_ino, outside.process(other)
    status, kept = outside.guest(machine, "head -c 1048576 /dev/urandom >/kept && sync && sha256sum </kept")
    it.need("the guest wrote a file", "the guest", status == 0 and len(kept) > 60, kept)
    noticed = []

    for _ in range(ROUNDS):
        # Break.
        killed, counted = outside.process(machine), outside.counter(cloud, other)
        began = time.monotonic()
        os.kill(killed, signal.SIGKILL)

        # Check while it is broken.
        noticed.append(it.until(5, "the machine is shown as failed", "the API beside the process table", lambda: (
            (now := cloud.shown(machine)["state"]) == "failed" and not outside.lives(killed), now)))
        failure = cloud.shown(machine).get("failure") or {}
        it.must("the reason is recorded", "the API", failure.get("code") == "guest-lost" and failure.get("detail"), failure)
        it.must("its disk is there", "its inode", os.stat(disk).st_ino == place)

        # Heal.
        cloud.verb(machine, "start")
        it.recovered(time.monotonic() - began)

        # Check after.
        it.must("it runs, once", "libvirt", machine in outside.running() and outside.process(machine) != killed)
        status, now = outside.guest(machine, "sha256sum </kept")
        it.must("it has the disk that it had", "a hash that the guest computes", now == kept, now)
        it.must("the other machine noticed nothing", "process number and guest counter",
                outside.process(other) == others_process and outside.counter(cloud, other) > counted)

    it.must("the other guest was never restarted", "guest counter", outside.never_restarted(cloud, other))
    it.remark(f"shown as failed after {sorted(noticed)[len(noticed) // 2]:.1f} s (median)")
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
