#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D1. The manager dies in the middle of a launch, and is away for a while.

Broken:   kill -9 of lyceumd, three times, with a launch half done: its domain is there, its guest is not ready.
Must hold while it is away: no ping to the four machines is lost, a session over a forwarded port goes on, an address is leased, no guest
          restarts; and nobody answers, so nobody is told what is no longer true.
Must hold afterwards: the launch is finished or undone within 30 s, once; the machines are the same processes as before; nobody had to
          restart anything. Then the audit, and a second round.
Verdicts: ping, the guests' counters, their own DHCP client, an SSH session, libvirt.
Not here: a second node; and consoles in the browser, which go through the manager and end with it.
"""

import os
import subprocess
import time

import outside
from cloud import Away, Cloud
from experiment import ROUNDS, Experiment

with Experiment("D1", "the manager is killed in a launch, away 5 s", "its start, to all machines shown as they are and the launch ended") as it:
    # Set up.
    cloud = Cloud()
    cloud.start()
    cloud.template()
    key = os.path.join(cloud.folder, "key")
    outside.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    with open(key + ".pub", encoding="ascii") as public:
        cloud.call("PUT", f"/v1/users/{cloud.call('GET', '/v1')['user']['id']}/keys", {"keys": [public.read().strip()]})
    machines = cloud.launch("one", "two", "three", "four")
    cloud.verb(machines[0], "forwarded-ports", {"targetPort": 22})
    port = cloud.shown(machines[0])["forwardedPorts"][0]["publicPort"]
    lines = open(os.path.join(cloud.folder, "session"), "w+", encoding="ascii")
    session = subprocess.Popen(
        ["ssh", "-q", "-T", "-i", key, "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "root@127.0.0.1",
         "n=0; while :; do n=$((n + 1)); echo $n; sleep 0.5; done"], stdin=subprocess.DEVNULL, stdout=lines, stderr=subprocess.DEVNULL)

    def said():
        with open(lines.name, encoding="ascii") as file:
            return [int(line) for line in file.read().split()]

    it.until(30, "a session over a forwarded port is open", "ssh", lambda: (len(said()) > 1, said()[-1:]))
    processes = {machine: outside.process(machine) for machine in machines}
    pings = [outside.Pings(cloud.network(), cloud.shown(machine)["addresses"][0]["ipv4"]) for machine in machines]

    for number in range(ROUNDS):
        # Break.
        launch = cloud.call("POST", "/v1/instances", {"template": cloud.made_of, "name": f"half-{number}", "start": True})
        half = launch["object"]
        it.until(30, "the launch is half done", "libvirt", lambda: (half in outside.defined(), outside.defined()), pause=0.02)
        cloud.kill()

        # Check while it is broken.
        before, lines_before = [outside.counter(cloud, machine) for machine in machines], len(said())
        status, heard = outside.guest(machines[1], "udhcpc -f -n -q -i eth0 -s /bin/true -T 2 -t 5")
        it.must("an address is leased while there is no manager", "the guest's DHCP client", status == 0, heard)
        time.sleep(4)
        try:
            answer = cloud.ask("GET", "/v1/instances")
        except Away:
            answer = None
        it.must("nobody is told what may not be true any more", "HTTP", answer is None, answer)
        it.must("the guests count on while there is no manager", "guest counters", all(
            outside.counter(cloud, machine) > earlier for machine, earlier in zip(machines, before)), before)
        it.must("the open session goes on", "ssh", session.poll() is None and len(said()) >= lines_before + 4, (lines_before, len(said())))

        # Heal.
        began = time.monotonic()
        cloud.start()

        def as_it_was():
            shown = cloud.shown(half)
            # A launch that is done is followed by the start that it recorded.
            ended = "operation" not in shown and (shown["state"] == "pending" or shown["state"] == "running" and shown["ready"])
            others = {cloud.shown(machine)["state"] for machine in machines}
            return ended and others == {"running"}, f"{shown['state']}, {others}"

        it.until(30, "the launch is finished or undone, and all is shown as it is", "the journal, and libvirt below", as_it_was)
        it.recovered(time.monotonic() - began)

        # Check after.
        is_running = cloud.shown(half)["state"] == "running"
        it.must("what is said of the launch is so, once", "libvirt", (half in outside.running()) == is_running, is_running)
        it.must("the machines are the processes that they were", "process numbers", outside.same_processes(processes))
        cloud.verb(half, "destroy")

    missing = 0
    for ping, machine in zip(pings, machines):
        sent, lost = ping.end()
        missing += len(lost)
        it.must(f"no ping to {machine} was lost", "ping", not lost and sent > 20, f"{lost} of {sent}")
    it.must("no guest was restarted", "guest counters", all(outside.never_restarted(cloud, machine) for machine in machines))
    numbers = said()
    it.must("nothing of the session was lost", "ssh", numbers == list(range(1, len(numbers) + 1)), len(numbers))
    session.terminate()
    session.wait()
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    it.remark(f"{len(machines)} machines pinged, {missing} pings lost")
    cloud.end()
