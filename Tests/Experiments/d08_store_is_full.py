#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D8. The store of disks and images is full while guests write.

Broken:   under fifty machines the file system of the store (a tmpfs of its own) is filled to a megabyte, three times; five guests write four
          each to their disks.
Must hold while it is full: those guests are paused by QEMU, not harmed, and shown so with the reason; those that write nothing go on; a
          launch is refused in words (`store-full`); records, which lie elsewhere, are written as ever.
Must hold afterwards: the guests go on by `resume` and read what they wrote; launches are taken again; `qemu-img check` finds nothing.
Verdicts: libvirt, the guests' counters, the guests' own comparison of what they wrote, qemu-img.
"""

import concurrent.futures
import os
import time

import outside
from cloud import Cloud, Refused
from experiment import ROUNDS, Experiment

LEFT = 1 << 20
MACHINES, WRITERS = 50, 5

with Experiment(
        "D8", f"the store is full while {WRITERS} of {MACHINES} guests write", "there is room, to all of them counting again (resume asked at once)") as it:
    # Set up.
    cloud = Cloud(HOST_CPURATIO="100", QUOTA_INSTANCES="1000", QUOTA_CPUS="1000", QUOTA_MEMORY="1000", QUOTA_DISK="10000")
    store = cloud.state("store")
    os.makedirs(cloud.state(), mode=0o700)
    os.mkdir(store, 0o711)
    outside.tool("mount", "-t", "tmpfs", "-o", "size=700m,mode=711", "store", store)
    cloud.start()
    cloud.template()
    machines = cloud.launch_many("machine", MACHINES)
    writers, others = machines[:WRITERS], machines[WRITERS:]
    agents = concurrent.futures.ThreadPoolExecutor(8)

    def still(machine):
        """What it wrote while it booted would be written back a while later, and it would be paused as well."""
        return outside.guest(machine, "sync && mount -o remount,ro /", seconds=120)

    said = [one for one in agents.map(still, others) if one[0] != 0]
    it.need("the other guests write nothing from here on", "the guests", not said, said)
    disks = {machine: os.path.join(store, "disks", cloud.shown(machine)["disks"][0]["id"]) for machine in machines}
    used = sum(os.stat(disk).st_blocks for disk in disks.values()) // 2048
    it.remark(f"{MACHINES} disks of {used} MiB in all")

    for number in range(ROUNDS):
        # Break.
        room = os.statvfs(store)
        with open(os.path.join(store, "filler"), "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, room.f_bavail * room.f_frsize - LEFT)
        for writer in writers:
            outside.begin_in_guest(
                writer, f"head -c 4194304 /dev/urandom >/run/kept && cp /run/kept /copy{number} && sync && echo 3 >/proc/sys/vm/drop_caches"
                f" && cmp /run/kept /copy{number} && touch /run/same{number}")

        # Check while it is broken.
        it.until(90, "the guests that write are paused, not harmed", "libvirt", lambda: (
            (states := {outside.domain_state(writer) for writer in writers}) == {"paused (I/O error)"}, states))
        took = it.until(10, "they are shown as paused, with the reason", "the API beside libvirt", lambda: (
            all((one := cloud.shown(writer))["state"] == "paused" and "full" in one["failure"]["detail"] for writer in writers),
            [cloud.shown(writer) for writer in writers]))
        it.remark(f"the last shown as paused {took:.0f} s after it was")
        it.until(20, "the site's operator is told", "the API", lambda: ("store-full" in cloud.alarms().values(), cloud.alarms()))
        before = [outside.counter(cloud, machine) for machine in others]
        try:
            cloud.launch(f"refused-{number}")
            refusal = None
        except Refused as refused:
            refusal = refused
        it.must("a launch is refused in words", "the API", refusal and refusal.code == "store-full", refusal)
        status = cloud.ask("PATCH", f"/v1/instances/{writers[0]}", {"tags": [f"round-{number}"]}, fields={"If-Match": "*"})[0]
        it.must("records are written as ever", "the API", status == 200, status)
        it.until(20, "the other guests count on", "guest counters", lambda: (not (
            silent := [machine for machine, earlier in zip(others, before) if outside.counter(cloud, machine) <= earlier]), silent))
        it.must("no other guest is paused", "libvirt", {outside.domain_state(machine).split()[0] for machine in others} == {"running"})

        # Heal.
        counted = [outside.counter(cloud, writer) for writer in writers]
        began = time.monotonic()
        os.unlink(filler.name)
        list(agents.map(lambda writer: cloud.verb(writer, "resume"), writers))
        it.until(30, "they go on from where they were", "guest counters", lambda: (not (
            silent := [writer for writer, earlier in zip(writers, counted) if outside.counter(cloud, writer) <= earlier]), silent))
        it.recovered(time.monotonic() - began)

        # Check after.
        it.until(120, "what they wrote is what they read", "the guests compare", lambda: (
            not any(agents.map(lambda writer: outside.guest(writer, f"test -e /run/same{number}")[0], writers)), ""), pause=1)
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

        it.until(90, "a launch is taken and ready again", "the API", taken_again)

    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))
    list(agents.map(lambda machine: cloud.verb(machine, "force-off" if machine in others else "shut-down"), machines))
    checks = {machine: outside.image_is_sound(disk) for machine, disk in disks.items()}
    it.must("each of their disks is sound", "qemu-img check", all(sound for sound, _ in checks.values()),
            {machine: said for machine, (sound, said) in checks.items() if not sound})
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
