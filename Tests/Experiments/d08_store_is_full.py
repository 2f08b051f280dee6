#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D8. The store of disks and images is full while a guest writes.

Broken:   the file system of the store (a tmpfs of its own) is filled to a megabyte, three times; a guest writes four to its disk.
Must hold while it is full: the guest is paused by QEMU, not harmed, and shown so with the reason; those that write nothing go on; a
          launch is refused in words (`store-full`); records, which lie elsewhere, are written as ever.
Must hold afterwards: the guest goes on by `resume` and reads what it wrote; launches are taken again; `qemu-img check` finds nothing.
Verdicts: libvirt, the guests' counters, the guest's own comparison of what it wrote, qemu-img.
Not here: fifty machines; three do, on two processors that emulate them.
"""

import os
import time

import outside
from cloud import Cloud, Refused
from experiment import ROUNDS, Experiment

LEFT = 1 << 20

with Experiment("D8", "the store is full while a guest writes", "there is room, to the guest counting again (resume asked at once)") as it:
    # Set up.
    cloud = Cloud()
    store = cloud.state("store")
    os.makedirs(cloud.state(), mode=0o700)
    os.mkdir(store, 0o711)
    outside.tool("mount", "-t", "tmpfs", "-o", "size=400m,mode=711", "store", store)
    cloud.start()
    cloud.template()
    writer, *others = cloud.launch("writer", "second", "third")
    for machine in others:
        # What it wrote while it booted would be written back a while later, and it would be paused as well.
        status, said = outside.guest(machine, "sync && mount -o remount,ro /")
        it.need("the other guests write nothing from here on", "the guests", status == 0, said)
    disk = os.path.join(store, "disks", cloud.shown(writer)["disks"][0]["id"])

    for number in range(ROUNDS):
        # Break.
        room = os.statvfs(store)
        with open(os.path.join(store, "filler"), "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, room.f_bavail * room.f_frsize - LEFT)
        outside.begin_in_guest(
            writer, f"head -c 4194304 /dev/urandom >/run/kept && cp /run/kept /copy{number} && sync && echo 3 >/proc/sys/vm/drop_caches"
            f" && cmp /run/kept /copy{number} && touch /run/same{number}")

        # Check while it is broken.
        it.until(60, "the guest that writes is paused, not harmed", "libvirt", lambda: (
            (state := outside.domain_state(writer)) == "paused (I/O error)", state))
        took = it.until(10, "it is shown as paused, with the reason", "the API beside libvirt", lambda: (
            (shown := cloud.shown(writer))["state"] == "paused" and "full" in shown["failure"]["detail"], shown))
        it.remark(f"shown as paused {took:.0f} s after it was")
        it.until(20, "the site's operator is told", "the API", lambda: ("store-full" in cloud.alarms().values(), cloud.alarms()))
        before = [outside.counter(cloud, machine) for machine in others]
        try:
            cloud.launch(f"refused-{number}")
            refusal = None
        except Refused as refused:
            refusal = refused
        it.must("a launch is refused in words", "the API", refusal and refusal.code == "store-full", refusal)
        status = cloud.ask("PATCH", f"/v1/instances/{writer}", {"tags": [f"round-{number}"]}, fields={"If-Match": "*"})[0]
        it.must("records are written as ever", "the API", status == 200, status)
        it.until(10, "the other guests count on", "guest counters", lambda: (
            all(outside.counter(cloud, machine) > earlier for machine, earlier in zip(others, before)), before))

        # Heal.
        counted = outside.counter(cloud, writer)
        began = time.monotonic()
        os.unlink(filler.name)
        cloud.verb(writer, "resume")
        it.until(30, "it goes on from where it was", "guest counter", lambda: (
            (now := outside.counter(cloud, writer)) > counted, f"{counted}, then {now}"))
        it.recovered(time.monotonic() - began)

        # Check after.
        it.until(60, "what it wrote is what it reads", "the guest compares", lambda: (
            outside.guest(writer, f"test -e /run/same{number}")[0] == 0, ""), pause=1)
        it.until(20, "the alarm is over by itself", "the API", lambda: (not cloud.alarms(), cloud.alarms()))
        for left in cloud.call("GET", f"/v1/instances?name=refused-{number}")["items"]:
            cloud.verb(left["id"], "destroy")
        tried = 0

        def taken_again():
            """By the last word of the host, which is three seconds old at most."""
            global tried
            tried += 1
            name = f"again-{number}-{tried}"
            try:
                cloud.launch(name)
            except Refused as refused:
                return False, refused
            finally:
                for left in cloud.call("GET", f"/v1/instances?name={name}")["items"]:
                    cloud.verb(left["id"], "destroy")
            return True, ""

        it.until(40, "a launch is taken and ready again", "the API", taken_again)

    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in [writer, *others]))
    cloud.verb(writer, "shut-down")
    it.must("its disk is sound", "qemu-img check", *outside.image_is_sound(disk))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
