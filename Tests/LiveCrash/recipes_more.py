# SPDX-License-Identifier: Apache-2.0
"""More recipes: checkpoints, templates, images, and what the cloud does by itself."""

import os
import time

from manager import Trouble
from recipes import MEBIBYTE, Request, on, recipe

COPIED = 256 * MEBIBYTE


def kept(guests, instance, memory=False):
    made = guests.verb(instance, "checkpoints", {"name": guests.name(), "memory": memory})
    return next(item for item in [made["object"], *made["objects"]] if item.startswith("chk-"))


@recipe("instance.checkpoint: stopped, on another")
def checkpoint_stopped(guests, _):
    instance = guests.have("blank", "stopped")
    kept(guests, instance)
    return on(instance, "checkpoints", {"name": guests.name()}, ends="stopped")


@recipe("instance.checkpoint: running, the disk alone")
def checkpoint(guests, _):
    return on(guests.have("blank", "running"), "checkpoints", {"name": guests.name()}, ends="running", lives=True)


@recipe("instance.checkpoint: running, with memory")
def checkpoint_memory(guests, _):
    return on(guests.have("blank", "running"), "checkpoints", {"name": guests.name(), "memory": True}, ends="running", lives=True)


def returning(guests, template, state, memory):
    instance = guests.have(template, state)
    return on(instance, f"checkpoints/{kept(guests, instance, memory)}/return", boots=True, wakes=memory)


@recipe("instance.return-to-checkpoint: stopped")
def return_stopped(guests, _):
    return returning(guests, "blank", "stopped", False)


@recipe("instance.return-to-checkpoint: running, with memory")
def return_running(guests, _):
    return returning(guests, "blank", "running", True)


@recipe("instance.return-to-checkpoint: running, with memory and a first boot")
def return_seeded(guests, _):
    return returning(guests, "seeded", "running", True)


def dropping(instance, checkpoint):
    return Request("DELETE", f"/v1/instances/{instance}/checkpoints/{checkpoint}", None, instance, keyed=False)


@recipe("instance.drop-checkpoint: stopped, in the middle of a chain")
def drop(guests, _):
    instance = guests.have("blank", "stopped")
    kept(guests, instance)
    checkpoint_ = kept(guests, instance)
    kept(guests, instance)
    return dropping(instance, checkpoint_)


@recipe("instance.drop-checkpoint: running, beside its chain, with memory")
def drop_beside(guests, _):
    instance = guests.have("blank", "running")
    first = kept(guests, instance)
    second = kept(guests, instance, True)
    guests.verb(instance, f"checkpoints/{first}/return")
    guests.bring(instance, "running")
    return dropping(instance, second)


# Templates and images.

@recipe("template.create: plain")
def create_template(guests, _):
    return Request(path="/v1/templates", body=guests.recipe(guests.blank_image, memory=64 * MEBIBYTE))


@recipe("template.publish-revision: plain")
def publish(guests, _):
    saved = guests.verb(guests.have("blank", "stopped"), "save-as-template", {"name": guests.name()})
    template = next(item for item in [saved["object"], *saved["objects"]] if item.startswith("tmpl-"))
    return Request(path=f"/v1/templates/{template}/publish-revision", body={"revision": 1})


@recipe("template.retire-revision: plain")
def retire(guests, _):
    template = guests.template(guests.blank_image, memory=64 * MEBIBYTE)
    return Request(path=f"/v1/templates/{template}/retire-revision", body={"revision": 1})


@recipe("instance.save-as-template: stopped, a new template")
def save_as(guests, step):
    # A copy is looked at for the third time only where it takes a while.
    if step.startswith("copy") and "full" not in guests.templates:
        image = guests.image(os.urandom(COPIED), "raw")
        guests.templates["full"] = guests.template(image, agent="none", readiness="running", memory=64 * MEBIBYTE)
    kind = "full" if step.startswith("copy") else "blank"
    return on(guests.have(kind, "stopped"), "save-as-template", {"name": guests.name()}, ends="stopped")


@recipe("instance.save-as-template: running, a new revision")
def save_as_running(guests, _):
    return on(guests.have("tiny", "running"), "save-as-template", {"name": guests.name()}, boots=True)


@recipe("image.import: plain")
def import_image(guests, _):
    body = {"name": guests.name(), "upload": guests.upload(bytes([7]) * (1 << 16)), "format": "raw"}
    return Request(path="/v1/images", body=body)


# By itself.

def collecting(guests, instance):
    guests.verb(instance, "destroy")
    return Request(deed=lambda: guests.manager.keep_trash(False), after=lambda: guests.manager.keep_trash(True))


@recipe("disk.collect: plain")
def collect(guests, _):
    return collecting(guests, guests.new("blank", "running"))


@recipe("disk.collect: with checkpoints")
def collect_layers(guests, _):
    instance = guests.new("blank", "running")
    kept(guests, instance, True)
    kept(guests, instance)
    return collecting(guests, instance)


@recipe("instance.settle: crashed")
def settle(guests, _):
    instance = guests.new("blank", "running")
    return settling(guests, instance, lambda: guests.cut_off(instance))


@recipe("instance.settle: shut down from inside")
def settle_off(guests, _):
    instance = guests.new("tiny", "running")
    return settling(guests, instance, lambda: guests.shut_down(instance))


def settling(guests, instance, deed):
    def wait():
        for _ in range(100):
            if guests.state(instance) in ("failed", "stopped"):
                return
            time.sleep(0.1)
        raise Trouble(f"{instance} is {guests.state(instance)} though its QEMU is gone")
    return Request(instance=instance, deed=deed, after=wait)
