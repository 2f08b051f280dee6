# SPDX-License-Identifier: Apache-2.0
"""Witnesses from outside the manager: ping, the guest's own counter, its agent, libvirt's tools, hashes of files."""

import base64
import hashlib
import json
import re
import signal
import subprocess
import tempfile
import time

from heartbeat import Heartbeat


def tool(*command, seconds=60):
    """What a program said; raises where it does not end with 0."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()} {done.stdout.strip()}")
    return done.stdout


# libvirt

def running():
    return set(tool("virsh", "-q", "list", "--name").split())


def defined():
    return set(tool("virsh", "-q", "list", "--all", "--name").split())


def domain_state(machine):
    """For example `paused (I/O error)`."""
    return tool("virsh", "-q", "domstate", machine, "--reason").strip()


def process(machine):
    """The process number of its QEMU."""
    with open(f"/run/libvirt/qemu/{machine}.pid", encoding="ascii") as file:
        return int(file.read())


def same_processes(processes):
    """Whether each machine is still the process that it was."""
    return all(process(machine) == number for machine, number in processes.items())


def lives(number):
    """Whether a process is there and no corpse."""
    try:
        with open(f"/proc/{number}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


# The guest itself

heartbeats = {}


def heartbeat(cloud, machine):
    """What was read of a guest's numbers since the first look at it."""
    return heartbeats.setdefault(machine, Heartbeat(cloud.state("consoles", f"{machine}.log"))).look()


def counter(cloud, machine):
    """The last number that the guest wrote on its console, one a second, from 1 after each boot."""
    return heartbeat(cloud, machine).last


def never_restarted(cloud, machine):
    """Whether it went on counting where it was, also behind a sleep or a stop."""
    return heartbeat(cloud, machine).begun <= 1


def guest(machine, script, seconds=60):
    """Runs a script of the guest's shell by its agent, past the manager; its exit status and what it said."""

    def ask(what, **arguments):
        text = json.dumps({"execute": what, "arguments": arguments})
        return json.loads(tool("virsh", "-q", "qemu-agent-command", "--timeout", "20", machine, text))["return"]

    begun = ask("guest-exec", path="/bin/sh", arg=["-c", script], **{"capture-output": True})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = ask("guest-exec-status", pid=begun["pid"])
        if seen["exited"]:
            return seen.get("exitcode", -1), base64.b64decode(seen.get("out-data", "")).decode(errors="replace").strip()
        time.sleep(0.2)
    raise RuntimeError(f"the guest has not ended after {seconds} s: {script}")


def begin_in_guest(machine, script):
    """Begins a script in the guest and leaves it there."""
    text = json.dumps({"execute": "guest-exec", "arguments": {"path": "/bin/sh", "arg": ["-c", script]}})
    tool("virsh", "-q", "qemu-agent-command", "--timeout", "20", machine, text)


# The network

class Pings:
    """A ping that goes on, five a second, from the gateway of the guests' network."""

    def __init__(self, namespace, address):
        command = ["nsenter", f"--net=/run/netns/{namespace}", "--", "ping", "-n", "-i", "0.2", address]
        # A file: a pipe that nobody reads is full after four minutes, and stops the ping.
        self.said = tempfile.TemporaryFile("w+", encoding="ascii", errors="replace")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT)

    def end(self):
        """How many were sent and which were lost, of five a second. Those of the last second may still be on their way."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)
        self.said.seek(0)
        said = self.said.read()
        sent = int(re.search(r"(\d+) packets transmitted", said).group(1))
        heard = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", said)}
        return sent, [number for number in range(1, sent - 5) if number not in heard]


# Files

def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def image_is_sound(path):
    """By `qemu-img check`; the machine is off."""
    done = subprocess.run(["qemu-img", "check", "-q", path], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr
