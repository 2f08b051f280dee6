#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D12. libvirtd dies, and libvirtd hangs.

Broken:   under twenty machines: kill -9 of libvirtd, away for 20 s; then SIGSTOP of it for five minutes.
Must hold meanwhile: guests go on, no ping is lost; the manager answers within 2 s; after 15 s without a word (and one look more) the
          machines are shown as unknown, with the last that was known, and as nothing else until there is a word; a verb is refused, or says
          within 30 s what it waits for.
Must hold afterwards: states are true within 15 s; the same processes run; what was asked for is done once; what libvirt does from then on is
          seen again.
Verdicts: ping of all machines but two (one that a verb is to put to sleep, and one that is paused at the host), the guests' counters,
          process numbers, libvirt when it is back.
Not here: another host, which would not notice.
"""

import os
import signal
import time

import outside
from cloud import REPOSITORY, Cloud, Refused
from experiment import Experiment

MACHINES = 20
AWAY, HANGING = 20, 300

with Experiment("D12", f"libvirtd is killed, {AWAY} s; libvirtd hangs, {HANGING} s; {MACHINES} machines", "libvirtd is back, to all states true") as it:
    # Set up.
    cloud = Cloud(HOST_CPURATIO="100", QUOTA_INSTANCES="1000", QUOTA_CPUS="1000", QUOTA_MEMORY="1000")
    cloud.start()
    cloud.template()
    machines = cloud.launch_many("machine", MACHINES)
    # A verb is asked of the first while there is no libvirtd; somebody at the host pauses the second afterwards. The others are let alone.
    alone = machines[2:]
    processes = {machine: outside.process(machine) for machine in machines}
    pings = {machine: cloud.ping(machine) for machine in alone}
    switch = os.path.join(REPOSITORY, "Scripts", "private-host")

    def libvirtd():
        with open("/run/libvirtd.pid", encoding="ascii") as file:
            return int(file.read())

    def judge(how, seconds):
        """While libvirtd gives no word."""
        began, slowest, asked = time.monotonic(), 0.0, None
        before = [outside.counter(cloud, machine) for machine in machines]
        unknown, known_anew = None, set()
        while time.monotonic() - began < seconds:
            shown = []
            for machine in machines:
                sent = time.monotonic()
                shown.append(cloud.shown(machine))
                slowest = max(slowest, time.monotonic() - sent)
            if unknown is None and all(one["state"] == "unknown" for one in shown):
                unknown = time.monotonic() - began
                last = all(one["lastState"] == "running" and "lastSeen" in one for one in shown)
                it.must(f"{how}: the last that was known is shown", "the API", last)
                asked = ask_for_a_verb(how)
            elif unknown is not None:
                known_anew |= {f"{one['id']} {one['state']}" for one in shown[1:] if one["state"] != "unknown"}
            time.sleep(0.25)
        it.must(f"{how}: machines are shown as unknown after 15 s", "the API beside libvirtd's process", unknown and unknown < 20, unknown)
        it.must(f"{how}: and as nothing else until there is a word", "the API beside libvirtd's process", not known_anew, known_anew)
        it.must(f"{how}: the manager answers within 2 s", "HTTP", slowest < 2, f"{slowest:.2f} s")
        slow = {machine: (earlier, now) for machine, earlier in zip(machines, before)
                if (now := outside.counter(cloud, machine)) < earlier + seconds / 4}
        it.must(f"{how}: the guests count on", "guest counters", not slow, slow)
        it.must(f"{how}: the machines are the processes that they were", "process numbers", outside.same_processes(processes))
        return asked

    def ask_for_a_verb(how):
        """A verb that cannot be done now: refused, or an operation that says why it waits; gives that."""
        began = time.monotonic()
        try:
            begun = cloud.call("POST", f"/v1/instances/{machines[0]}/suspend", {})
        except Refused as refused:
            it.must(f"{how}: a verb is refused with the reason", "the API", refused.detail, refused)
            return None
        while True:
            said = begun.get("failure") or begun.get("stuck") or begun.get("waitingFor")
            if said or time.monotonic() - began > 30:
                it.must(f"{how}: a verb says within 30 s why it is not done", "the API", said, begun)
                return begun
            begun = cloud.call("GET", f"/v1/operations/{begun['id']}?wait=1")

    def judge_afterwards(how, began, asked):
        def states_are_true():
            states = {machine: cloud.shown(machine)["state"] for machine in machines}
            there = outside.running()
            # One that sleeps, or is on its way there, is judged below.
            return all(state == "suspended" or state == "running" and machine in there for machine, state in states.items()), states

        it.until(15, f"{how}: states are true again", "the API beside libvirt", states_are_true)
        it.recovered(time.monotonic() - began)
        if asked:
            it.until(60, f"{how}: what was asked for has ended", "the journal", lambda: (
                (end := cloud.call("GET", f"/v1/operations/{asked['id']}?wait=1"))["ended"], end["state"]))
        if cloud.shown(machines[0])["state"] == "suspended":
            it.must(f"{how}: it sleeps as asked", "libvirt", machines[0] not in outside.running())
            cloud.verb(machines[0], "wake")
            processes[machines[0]] = outside.process(machines[0])
        it.must(f"{how}: the machines are the processes that they were", "process numbers", outside.same_processes(processes))
        # What happens from now on is seen: somebody at the host pauses a machine.
        for command, state in (("suspend", "paused"), ("resume", "running")):
            outside.tool("virsh", "-q", command, machines[1])
            it.until(5, f"{how}: what libvirt does is seen again ({command})", "the API beside libvirt", lambda: (
                (now := cloud.shown(machines[1])["state"]) == state, now))

    # Break, check, heal, check: it dies.
    outside.tool(switch, "libvirtd", "kill")
    asked = judge("killed", AWAY)
    began = time.monotonic()
    outside.tool(switch, "libvirtd", "start")
    judge_afterwards("killed", began, asked)

    # Break, check, heal, check: it hangs.
    hanging = libvirtd()
    os.kill(hanging, signal.SIGSTOP)
    try:
        asked = judge("hanging", HANGING)
        began = time.monotonic()
    finally:
        os.kill(hanging, signal.SIGCONT)
    judge_afterwards("hanging", began, asked)

    missing, every = {}, 0
    for machine, ping in pings.items():
        sent, lost = ping.end()
        every += sent
        if lost or sent < HANGING * 3:
            missing[machine] = f"{lost} of {sent}"
    it.must("no ping to a machine that nobody suspends or pauses was lost", "ping", not missing, f"{missing} of {every}")
    it.remark(f"{len(pings)} machines pinged {every} times, {len(missing)} of them with a loss")
    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
