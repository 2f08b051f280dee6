#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D11. The wall clock jumps: an hour ahead and back, as that of a host that keeps local time when summer begins and ends; a year ahead; a day back.

Broken:   the manager's wall clock, while it runs (jump.c before the program); the clocks that never go back do not jump. Of eleven machines eight
          have twenty minutes left until they are destroyed (two are off, two were never started, two were put to sleep by people and two by
          their leases), and three until they are suspended.
Must hold an hour ahead: nothing is destroyed, though eight leases would be over: nobody had been told in time. Machines may be suspended, which
          loses nothing. An hour back, and a day back: an alarm, and nothing happens to any machine.
Must hold a year ahead, when every lease would be over: the cloud raises an alarm and destroys nothing; disks and memory are there.
Must hold afterwards: once the clock is right and an operator has said so, all goes on: what was suspended wakes with all that ran in it.
Verdicts: libvirt, the guests' counters, files and their hashes.
Not here: the hour that is there twice or never, in a course's own zone: leases are in UTC, and who reads a course's dates is tested by itself.
"""

import datetime
import os
import shutil
import struct
import time

import outside
from cloud import Cloud
from experiment import Experiment

HOUR, DAY = 3_600, 86_400
# The policy of those who say none: suspended after five hours, destroyed after seven days.
SUSPENDED, DESTROYED, LEFT = 5 * HOUR, 7 * DAY, 20 * 60
# How long before its end the owner of one that is to be destroyed is told; who is told late has it that much longer.
LEAD = DESTROYED // 10
# The sweeper looks once a minute.
LOOK = 75

with Experiment(
        "D11", "the clock jumps an hour ahead and back, a year ahead, a day back", "the clock is right, to no alarm and every machine running") as it:
    # Set up.
    cloud = Cloud()
    jump, library = os.path.join(cloud.folder, "jump"), os.path.join(cloud.folder, "jump.so")
    with open(jump, "wb") as file:
        file.write(struct.pack("q", 0))
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jump.c")
    outside.tool(shutil.which("cc") or "clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl")

    def seconds_left(lease):
        now = datetime.datetime.now(datetime.timezone.utc)
        return {name: (datetime.datetime.fromisoformat(lease[name]) - now).total_seconds() for name in ("suspendAt", "destroyAt")}

    def move(seconds):
        with open(jump, "r+b") as file:
            file.write(struct.pack("q", seconds))

    # Those that are to be destroyed in a while were made almost seven days ago, and those that are to be suspended almost five hours.
    move(LEFT - DESTROYED)
    cloud.start(LD_PRELOAD=library, LYCEUM_JUMP=jump)
    cloud.template()
    blank = cloud.blank_template()
    old = cloud.launch(*[f"old-{number}" for number in range(6)], made_of=blank)
    unborn = cloud.launch("unborn-0", "unborn-1", made_of=blank, start=False)
    for machine in old[2:4]:
        cloud.verb(machine, "force-off")
    for machine in old[4:6]:
        cloud.verb(machine, "suspend")
    move(LEFT - LEAD + 10)
    it.until(LOOK, "those whose leases are over are suspended", "the API", lambda: (
        (states := {cloud.shown(machine)["state"] for machine in old[:2]}) == {"suspended"}, states))
    time.sleep(65)
    move(LEFT - SUSPENDED)
    machines = cloud.launch("one", "two")
    spare = cloud.launch("spare", made_of=blank)
    move(0)
    # A look of the sweeper at a time that is right.
    time.sleep(65)
    every = [*old, *unborn, *machines, spare]
    left = {machine: seconds_left(cloud.shown(machine)["lease"]) for machine in every}
    ends = [left[machine]["destroyAt"] for machine in [*old, *unborn]] + [left[machine]["suspendAt"] for machine in [*machines, spare]]
    it.need("all of their leases are near their end", "the API", all(60 < end <= LEFT + 180 for end in ends), ends)
    disks = {machine: os.path.join(cloud.state("store", "disks"), cloud.shown(machine)["disks"][0]["id"]) for machine in [*old, *machines, spare]}
    image = os.path.join(cloud.state("store", "images"), cloud.shown(machines[0])["disks"][0]["image"])
    base = outside.sha256(image)

    def alarm(*codes):
        return lambda: ((code := cloud.alarms().get("clock")) in codes, code)

    def heal():
        """The clock is right again, and an operator says so; gives what the guests had counted until then."""
        began = time.monotonic()
        counted = [outside.counter(cloud, machine) for machine in machines]
        move(0)
        cloud.call("PUT", "/v1/alarms/clock/cleared", {})
        for machine in [*machines, spare]:
            if cloud.shown(machine)["state"] == "suspended":
                cloud.verb(machine, "wake")
        it.until(30, "every machine runs", "libvirt and the API", lambda: (
            set(machines) <= outside.running() and {cloud.shown(machine)["state"] for machine in machines} == {"running"}, outside.running()))
        it.must("no alarm stands any more", "the API", not cloud.alarms(), cloud.alarms())
        it.recovered(time.monotonic() - began)
        return counted

    def judge_what_is_there(when):
        gone = [machine for machine, disk in disks.items() if not os.path.exists(disk)]
        it.must(f"{when}: nothing is destroyed", "files", not gone, gone)
        states = {machine: cloud.shown(machine)["state"] for machine in every}
        it.must(f"{when}: those without a disk are there too", "the API", all(states[machine] == "pending" for machine in unborn), states)
        memories = os.listdir(cloud.state("store", "memory"))
        asleep = [machine for machine, state in states.items() if state == "suspended"]
        it.must(f"{when}: the memory of all that sleep is kept", "files", len(memories) >= len(asleep) >= 4, (memories, asleep))
        it.must(f"{when}: their image is what it was", "sha256", outside.sha256(image) == base)

    def all_sleep():
        states = {cloud.shown(machine)["state"] for machine in [*machines, spare]}
        return states == {"suspended"}, states

    def judge_sleepers(counted):
        """That those who were suspended for a clock have lost nothing."""
        it.until(30, "they go on where they were", "guest counters", lambda: (
            all(outside.counter(cloud, machine) > earlier for machine, earlier in zip(machines, counted)), counted))
        it.must("none was booted anew", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))

    # Break: summer begins at a host that keeps local time. Two looks of the sweeper, at machines whose leases are over.
    move(HOUR)
    it.until(LOOK + 60, "an hour ahead: machines whose lease would be over are suspended", "the API", all_sleep)
    time.sleep(65)
    judge_what_is_there("an hour ahead")

    # Break: summer ends there.
    move(0)
    it.until(LOOK, "an hour back: an alarm says that the clock cannot be right", "the API", alarm("clock-back"))
    judge_what_is_there("an hour back")
    judge_sleepers(heal())

    # Break: a year ahead.
    move(365 * DAY)
    it.until(LOOK, "a year ahead: an alarm says that the clock cannot be right", "the API", alarm("clock-ahead"))
    it.until(60, "a year ahead: the machines are suspended", "the API", all_sleep)
    # Another look of the sweeper, at machines whose leases are all over.
    time.sleep(65)
    judge_what_is_there("a year ahead")
    judge_sleepers(heal())

    # Break: a day back.
    processes = {machine: outside.process(machine) for machine in machines}
    move(-DAY)
    it.until(LOOK, "a day back: an alarm says that the clock cannot be right", "the API", alarm("clock-back"))
    it.must("a day back: the machines run on", "process numbers", outside.same_processes(processes))
    status = cloud.ask("PATCH", f"/v1/instances/{machines[0]}", {"tags": ["yesterday"]}, fields={"If-Match": "*"})[0]
    judge_what_is_there("a day back")
    it.must("a day back: people go on working", "the API", status == 200, status)
    heal()
    it.must("the machines are the processes that they were", "process numbers", outside.same_processes(processes))
    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
