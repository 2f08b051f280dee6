# SPDX-License-Identifier: Apache-2.0
"""Machines for recipes, kept and led from state to state; and what is seen of them from outside the manager."""

import base64
import glob
import os
import re
import subprocess

from manager import Trouble

# What leads from a state towards another; all others go by way of running.
STEPS = {
    ("pending", "running"): "start", ("stopped", "running"): "start", ("failed", "running"): "start", ("suspended", "running"): "wake",
    ("paused", "running"): "resume", ("running", "stopped"): "force-off", ("paused", "stopped"): "force-off",
    ("failed", "stopped"): "force-off", ("running", "suspended"): "suspend", ("running", "paused"): "pause",
}
# A machine that was used so often may have grown: layers, disks, cards.
USES = 12


def ssh_key(letter):
    """A key that nobody has the other half of."""
    parts = b"ssh-ed25519", letter * 32
    return "ssh-ed25519 " + base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


class Guests:
    """The site: templates, and machines of them."""

    def __init__(self, manager, tiny_image):
        self.manager, self.pool, self.passing, self.count = manager, {}, [], 0
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
        return next(item for item in [made["object"], *made["objects"]] if item.startswith("vm-"))

    def have(self, template, state, use=""):
        """A machine in a state: the one that is kept for this use, or a new one."""
        kept = self.pool.get((template, use))
        if kept is not None and (kept[1] >= USES or self.state(kept[0]) == "destroyed"):
            if self.state(kept[0]) != "destroyed":
                self.verb(kept[0], "destroy")
            kept = None
        if kept is None:
            kept = [self.make(template), 0]
            self.pool[(template, use)] = kept
        kept[1] += 1
        self.bring(kept[0], state)
        return kept[0]

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
                return
            verb = STEPS.get((now, state)) or STEPS.get((now, "running"))
            if verb is None:
                break
            self.verb(instance, verb)
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

    def counts(self):
        """What each guest's counter wrote on its console, by machine."""
        counts = {}
        for path in glob.glob(f"{self.manager.folder}/state/consoles/*.log"):
            with open(path, "rb") as file:
                counts[os.path.basename(path)[:-4]] = [int(number) for number in re.findall(rb"counter (\d+)\r?\n", file.read())]
        return counts

    def boots(self):
        """How often each guest's counter went back, by machine: since it was off last, for its console's log goes then."""
        return {instance: sum(after <= before for before, after in zip(numbers, numbers[1:]))
                for instance, numbers in self.counts().items()}

    def cut_off(self, instance):
        """Its QEMU ends as if it had crashed."""
        subprocess.run(["virsh", "-q", "destroy", instance], check=True, capture_output=True)

    def shut_down(self, instance):
        """Its guest ends it, as somebody logged in would."""
        subprocess.run(["virsh", "-q", "shutdown", instance, "--mode", "acpi"], check=True, capture_output=True)
