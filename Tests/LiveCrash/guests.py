# SPDX-License-Identifier: Apache-2.0
"""Machines for recipes, kept and led from state to state; and what is seen of them from outside the manager."""

import base64
import glob
import json
import os
import subprocess
import sys
import time

from manager import Trouble

# What the experiments look with.
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Experiments"))
from heartbeat import Heartbeat  # noqa: E402

# What leads from a state towards another; all others go by way of running.
STEPS = {
    ("pending", "running"): "start", ("stopped", "running"): "start", ("failed", "running"): "start", ("suspended", "running"): "wake",
    ("paused", "running"): "resume", ("running", "stopped"): "force-off", ("paused", "stopped"): "force-off",
    ("failed", "stopped"): "force-off", ("running", "suspended"): "suspend", ("running", "paused"): "pause",
}
# A machine that was used so often may have grown: layers, disks, cards. It keeps room for three checkpoints more, of the four that it may have,
# and for two disks and cards.
USES = 12
CHECKPOINTS, DISKS, CARDS = 1, 6, 6


def ssh_key(letter):
    """A key that nobody has the other half of."""
    parts = b"ssh-ed25519", letter * 32
    return "ssh-ed25519 " + base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


class Guests:
    """The site: templates, and machines of them."""

    def __init__(self, manager, tiny_image):
        self.manager, self.pool, self.passing, self.count = manager, {}, [], 0
        # The machines whose guests say something; what was heard of them.
        self.speaking, self.heartbeats = set(), {}
        me = manager.get("/v1")["user"]["id"]
        manager.do("PUT", f"/v1/users/{me}/keys", {"keys": [ssh_key(b"a")]})
        with open(tiny_image, "rb") as file:
            self.tiny_image = self.image(file.read(), "qcow2")
        self.blank_image = self.image(bytes(1 << 20), "raw")
        unattended = {"agent": "none", "readiness": "running", "memory": 64 << 20}
        self.templates = {
            "tiny": self.template(self.tiny_image, memory=128 << 20),
            "blank": self.template(self.blank_image, **unattended),
            "seeded": self.template(self.blank_image, firstBoot="nocloud", **unattended),
        }

    def name(self):
        self.count += 1
        return f"n{self.count}"

    def upload(self, data):
        return self.manager.do("POST", "/v1/uploads", data)["id"]

    def image(self, data, kind):
        body = {"name": self.name(), "upload": self.upload(data), "format": kind}
        return self.manager.do("POST", "/v1/images", body)["object"]

    def recipe(self, image, **more):
        return {"name": self.name(), "image": image, "cpus": 1, **more}

    def template(self, image, **more):
        return self.manager.do("POST", "/v1/templates", self.recipe(image, **more))["object"]

    def make(self, template="blank"):
        """A machine that was never started."""
        body = {"template": self.templates[template], "name": self.name(), "count": 1, "start": False}
        made = self.manager.do("POST", "/v1/instances", body)
        instance = next(item for item in [made["object"], *made["objects"]] if item.startswith("vm-"))
        if template == "tiny":
            self.speaking.add(instance)
        return instance

    def have(self, template, state, use=""):
        """A machine in a state: the one that is kept for this use, or a new one."""
        kept = self.pool.get((template, use))
        if kept is not None and (kept[1] >= USES or self.state(kept[0]) == "destroyed" or self.is_full(kept[0])):
            if self.state(kept[0]) != "destroyed":
                self.verb(kept[0], "destroy")
            kept = None
        if kept is None:
            kept = [self.make(template), 0]
            self.pool[(template, use)] = kept
        kept[1] += 1
        self.bring(kept[0], state)
        return kept[0]

    def is_full(self, instance):
        seen = self.see(instance)
        checkpoints = self.manager.get(f"/v1/instances/{instance}/checkpoints")["items"]
        return len(checkpoints) > CHECKPOINTS or len(seen["disks"]) > DISKS or len(seen["addresses"]) > CARDS

    def new(self, template, state, passing=True):
        """A machine of its own, which goes with the point unless it is to stay."""
        instance = self.make(template)
        if passing:
            self.passing.append(instance)
        if state != "pending":
            self.bring(instance, state)
        return instance

    def clear(self):
        """The machines of the last point go."""
        while self.passing:
            instance = self.passing.pop()
            if self.state(instance) != "destroyed":
                self.verb(instance, "destroy")

    def forget(self):
        """From now on new machines: something is wrong with those that are kept."""
        self.pool, self.passing = {}, []

    def bring(self, instance, state):
        for _ in range(6):
            now = self.state(instance)
            if now == state:
                if now == "running" and instance in self.speaking:
                    self.wait_for_agent(instance)
                return
            verb = STEPS.get((now, state)) or STEPS.get((now, "running"))
            if verb is None:
                break
            begun = self.heartbeat(instance).begun
            self.verb(instance, verb)
            if verb == "start":
                self.wait_for_beginning(instance, begun)
            elif verb == "wake":
                self.require_restored(instance)
                self.wait_for_number(instance)
                if self.heartbeat(instance).begun > begun:
                    raise Trouble(f"{instance} was booted anew by a wake")
        raise Trouble(f"{instance} is {now} and cannot be brought to {state}")

    def verb(self, instance, verb, body=None):
        return self.manager.do("POST", f"/v1/instances/{instance}/{verb}", body or {})

    def see(self, instance):
        return self.manager.get(f"/v1/instances/{instance}")

    def state(self, instance):
        return self.see(instance)["state"]

    # From outside the manager.

    def process(self, instance):
        """The number of the machine's QEMU; nil where it has none."""
        try:
            with open(f"/run/libvirt/qemu/{instance}.pid", encoding="ascii") as file:
                number = int(file.read())
            os.kill(number, 0)
            return number
        except (OSError, ValueError):
            return None

    def require_restored(self, instance):
        """Its QEMU was begun with a guest's memory, by its own command line."""
        with open(f"/proc/{self.process(instance)}/cmdline", "rb") as file:
            if b"-incoming" not in file.read().split(b"\0"):
                raise Trouble(f"{instance} was booted, and was to go on from its memory")

    def require_parts(self, instance):
        """What its QEMU has as disks and cards is there, but for what its guest lets go at this moment."""
        limit = time.monotonic() + 10
        while True:
            files = [line.split(None, 1)[1] for line in self.listed("domblklist", instance)]
            taps = [f"/sys/class/net/{line.split()[0]}" for line in self.listed("domiflist", instance)]
            missing = [path for path in files + taps if path.startswith("/") and not os.path.exists(path)]
            if not missing:
                return
            if time.monotonic() > limit:
                raise Trouble(f"{instance} still has a part that is gone: {missing[0]}")
            time.sleep(0.2)

    def listed(self, what, instance):
        return subprocess.run(["virsh", "-q", what, instance], capture_output=True, text=True, check=False).stdout.splitlines()

    def wait_for_agent(self, instance):
        """One that boots hears nobody who asks it for something."""
        ping = ["virsh", "-q", "qemu-agent-command", "--timeout", "5", instance, json.dumps({"execute": "guest-ping"})]
        for _ in range(200):
            if subprocess.run(ping, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.3)
        raise Trouble(f"{instance} runs, and its guest's agent does not answer")

    def heartbeat(self, instance):
        path = f"{self.manager.folder}/state/consoles/{instance}.log"
        return self.heartbeats.setdefault(instance, Heartbeat(path)).look()

    def begun(self):
        """How often each guest that counts was seen to begin, by machine."""
        for path in glob.glob(f"{self.manager.folder}/state/consoles/*.log"):
            self.heartbeat(os.path.basename(path)[:-4])
        return {instance: heartbeat.look().begun for instance, heartbeat in self.heartbeats.items()}

    def wait_for_beginning(self, instance, begun, seconds=60):
        """Until a guest that was booted counts anew, or the time is up; one that says nothing is not waited for."""
        limit = time.monotonic() + (seconds if instance in self.speaking else 0)
        while self.heartbeat(instance).begun == begun and time.monotonic() < limit:
            time.sleep(0.1)

    def wait_for_number(self, instance):
        """Until a guest that has counted writes one more number: then it is known which."""
        seen = self.heartbeat(instance)
        last, begun, limit = seen.last, seen.begun, time.monotonic() + 60
        while last and (seen.look().last, seen.begun) == (last, begun):
            if time.monotonic() > limit:
                raise Trouble(f"{instance} no longer counts: {last}")
            time.sleep(0.1)

    def cut_off(self, instance):
        """Its QEMU ends as if it had crashed."""
        subprocess.run(["virsh", "-q", "destroy", instance], check=True, capture_output=True)

    def shut_down(self, instance):
        """Its guest ends it, as somebody logged in would."""
        subprocess.run(["virsh", "-q", "shutdown", instance, "--mode", "acpi"], check=True, capture_output=True)
