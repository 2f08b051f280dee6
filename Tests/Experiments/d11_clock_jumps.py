#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D11. The wall clock jumps: a year ahead, and a day back.

Broken:   the manager's wall clock, while it runs (jump.c before the program); the clocks that never go back do not jump.
Must hold a year ahead, when every lease would be over: the cloud raises an alarm and destroys nothing; machines are suspended, which loses
          nothing: their disks and memory are there. A day back: an alarm, and nothing happens to any machine.
Must hold afterwards: once the clock is right and an operator has said so, all goes on: what was suspended wakes with all that ran in it.
Verdicts: libvirt, the guests' counters, files and their hashes.
Not here: summer time. The manager knows UTC alone.
"""

import os
import shutil
import struct
import time

import outside
from cloud import Cloud
from experiment import Experiment

DAY = 86_400
# The sweeper looks once a minute.
LOOK = 75

with Experiment("D11", "the clock jumps a year ahead, and a day back", "the clock is right, to no alarm and every machine running") as it:
    # Set up.
    cloud = Cloud()
    jump, library = os.path.join(cloud.folder, "jump"), os.path.join(cloud.folder, "jump.so")
    with open(jump, "wb") as file:
        file.write(struct.pack("q", 0))
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jump.c")
    outside.tool(shutil.which("cc") or "clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl")
    cloud.start(LD_PRELOAD=library, LYCEUM_JUMP=jump)
    cloud.template()
    machines = cloud.launch("one", "two")
    disks = {machine: os.path.join(cloud.state("store", "disks"), cloud.shown(machine)["disks"][0]["id"]) for machine in machines}
    image = os.path.join(cloud.state("store", "images"), cloud.shown(machines[0])["disks"][0]["image"])
    base = outside.sha256(image)
    # The sweeper writes down that it lives, at a time that is right.
    time.sleep(2)

    def move(seconds):
        with open(jump, "r+b") as file:
            file.write(struct.pack("q", seconds))

    def alarm(*codes):
        return lambda: ((code := cloud.alarms().get("clock")) in codes, code)

    def heal():
        """The clock is right again, and an operator says so."""
        began = time.monotonic()
        move(0)
        cloud.call("PUT", "/v1/alarms/clock/cleared", {})
        for machine in machines:
            if cloud.shown(machine)["state"] == "suspended":
                cloud.verb(machine, "wake")
        it.until(30, "every machine runs", "libvirt and the API", lambda: (
            set(machines) <= outside.running() and {cloud.shown(machine)["state"] for machine in machines} == {"running"}, outside.running()))
        it.must("no alarm stands any more", "the API", not cloud.alarms(), cloud.alarms())
        it.recovered(time.monotonic() - began)

    # Break: a year ahead.
    counted = [outside.counter(cloud, machine) for machine in machines]
    move(365 * DAY)
    it.until(LOOK, "a year ahead: an alarm says that the clock cannot be right", "the API", alarm("clock-ahead"))
    it.until(60, "a year ahead: the machines are suspended", "the API", lambda: (
        {cloud.shown(machine)["state"] for machine in machines} == {"suspended"}, [cloud.shown(machine)["state"] for machine in machines]))
    # Another look of the sweeper, at machines whose leases are all over.
    time.sleep(65)
    it.must("a year ahead: nothing is destroyed", "files", all(os.path.exists(disk) for disk in disks.values()))
    memories = os.listdir(cloud.state("store", "memory"))
    it.must("a year ahead: their memory is kept", "files", len(memories) >= len(machines), memories)
    it.must("a year ahead: their image is what it was", "sha256", outside.sha256(image) == base)
    heal()
    it.until(30, "they go on where they were", "guest counters", lambda: (
        all(outside.counter(cloud, machine) > earlier for machine, earlier in zip(machines, counted)), counted))
    it.must("none was booted anew", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))

    # Break: a day back.
    processes = {machine: outside.process(machine) for machine in machines}
    move(-DAY)
    it.until(LOOK, "a day back: an alarm says that the clock cannot be right", "the API", alarm("clock-back"))
    it.must("a day back: the machines run on", "process numbers", outside.same_processes(processes))
    status = cloud.ask("PATCH", f"/v1/instances/{machines[0]}", {"tags": ["yesterday"]}, fields={"If-Match": "*"})[0]
    it.must("a day back: people go on working", "the API", status == 200, status)
    heal()
    it.must("the machines are the processes that they were", "process numbers", outside.same_processes(processes))
    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
