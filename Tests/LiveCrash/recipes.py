# SPDX-License-Identifier: Apache-2.0
"""What leads an operation over its points: a recipe for each case of the checks (CloudCases.swift), by the same name.

A recipe brings the site to where the operation is asked for, and gives the request. Machines are blank, and their processors idle, unless the
point needs the guest's word."""

from dataclasses import dataclass
from typing import Any, Callable, Optional

from guests import ssh_key

MEBIBYTE = 1 << 20


@dataclass
class Request:
    """An operation to be asked for, and what must hold of its machine afterwards."""
    method: str = "POST"
    path: str = ""
    body: Any = None
    # The machine that it is about; its state once the operation is done.
    instance: Optional[str] = None
    ends: Optional[str] = None
    # Whether the guest runs on through it: the same QEMU, where it has not slept.
    lives: bool = False
    # Whether it may boot, and its counter begin anew; whether, once this is done, it must run from memory that was saved.
    boots: bool = False
    wakes: bool = False
    # Instead of a request: what makes the cloud do it by itself. Afterwards: what is put right again.
    deed: Optional[Callable[[], None]] = None
    after: Optional[Callable[[], None]] = None
    # Whether the same request under the same key is the same operation.
    keyed: bool = True
    # Orders that go on holding until the manager has died.
    orders: str = ""


RECIPES = {}


def recipe(*cases):
    """Registers a recipe for cases; one gets the guests and the step that is aimed at."""
    def register(function):
        for case in cases:
            RECIPES[case] = function
        return function
    return register


def on(instance, verb, body=None, **more):
    return Request(path=f"/v1/instances/{instance}/{verb}", body=body or {}, instance=instance, **more)


def kind_for(step):
    """The template whose guest says what this step waits for."""
    return "tiny" if "guest" in step or step in ("ready", "booting", "ask") else "blank"


@recipe("instance.create: plain")
def create(guests, _):
    body = {"template": guests.templates["blank"], "name": guests.name(), "count": 1, "start": False}
    return Request(path="/v1/instances", body=body)


@recipe("instance.create: a batch with its starts")
def create_batch(guests, _):
    body = {"template": guests.templates["blank"], "name": guests.name() + "-%02d", "count": 2, "start": True}
    return Request(path="/v1/instances", body=body)


@recipe("instance.start: for the first time")
def start_first(guests, step):
    return on(guests.new(kind_for(step), "pending"), "start", ends="running")


@recipe("instance.start: for the first time, with a first boot")
def start_seeded(guests, _):
    return on(guests.new("seeded", "pending"), "start", ends="running")


@recipe("instance.start: again, with a forwarded port")
def start_again(guests, _):
    return on(guests.have("blank", "stopped"), "start", ends="running", boots=True)


@recipe("instance.force-off: plain")
def force_off(guests, _):
    return on(guests.have("blank", "running"), "force-off", ends="stopped")


@recipe("instance.shut-down: plain")
def shut_down(guests, _):
    return on(guests.have("tiny", "running"), "shut-down", ends="stopped", boots=True)


@recipe("instance.suspend: plain")
def suspend(guests, _):
    return on(guests.have("tiny", "running"), "suspend", ends="suspended")


@recipe("instance.suspend: paused")
def suspend_paused(guests, _):
    return on(guests.have("tiny", "paused"), "suspend", ends="suspended")


@recipe("instance.wake: plain")
def wake(guests, _):
    return on(guests.have("tiny", "suspended"), "wake", ends="running", wakes=True)


@recipe("instance.wake: with a first boot")
def wake_seeded(guests, _):
    return on(guests.have("seeded", "suspended"), "wake", ends="running", wakes=True)


@recipe("instance.pause: plain")
def pause(guests, _):
    return on(guests.have("tiny", "running"), "pause", ends="paused", lives=True)


@recipe("instance.resume: plain")
def resume(guests, _):
    return on(guests.have("tiny", "paused"), "resume", ends="running", lives=True)


@recipe("instance.reboot: plain")
def reboot(guests, _):
    return on(guests.have("tiny", "running"), "reboot", ends="running", boots=True)


@recipe("instance.reset: plain")
def reset(guests, step):
    return on(guests.have(kind_for(step), "running"), "reset", ends="running", boots=True)


@recipe("instance.install-keys: plain")
def install_keys(guests, _):
    return on(guests.have("tiny", "running"), "install-keys", {"install": [ssh_key(b"b")]}, ends="running", lives=True)


@recipe("instance.set-password: plain")
def set_password(guests, _):
    return on(guests.have("tiny", "running"), "set-password", {"password": "a word for nobody"}, ends="running", lives=True)


@recipe("instance.destroy: running, with a forwarded port")
def destroy(guests, _):
    instance = guests.new("blank", "running")
    guests.verb(instance, "forwarded-ports", {"targetPort": 22})
    return on(instance, "destroy", ends="destroyed")


@recipe("instance.destroy: suspended")
def destroy_suspended(guests, _):
    return on(guests.new("blank", "suspended"), "destroy", ends="destroyed")


@recipe("instance.destroy: suspended, with a first boot")
def destroy_seeded(guests, _):
    return on(guests.new("seeded", "suspended"), "destroy", ends="destroyed")


@recipe("instance.destroy: never started")
def destroy_new(guests, _):
    return on(guests.new("blank", "pending"), "destroy", ends="destroyed")


@recipe("instance.recover: with everything still kept")
def recover(guests, _):
    instance = guests.new("blank", "running")
    guests.verb(instance, "destroy")
    return on(instance, "recover", ends="stopped")


@recipe("instance.rebuild: running")
def rebuild(guests, _):
    return on(guests.have("blank", "running"), "rebuild")


@recipe("instance.rebuild: stopped")
def rebuild_stopped(guests, _):
    return on(guests.have("blank", "stopped"), "rebuild")


@recipe("instance.resize: stopped")
def resize(guests, _):
    instance = guests.have("blank", "stopped")
    other = 96 if guests.see(instance)["memory"] == 64 * MEBIBYTE else 64
    return on(instance, "resize", {"memory": other * MEBIBYTE}, ends="stopped")


@recipe("instance.resize: running, with a restart")
def resize_running(guests, _):
    instance = guests.have("tiny", "running")
    other = 144 if guests.see(instance)["memory"] == 128 * MEBIBYTE else 128
    return on(instance, "resize", {"memory": other * MEBIBYTE, "restart": True}, boots=True)


@recipe("instance.update: plain")
def update(guests, _):
    request = on(guests.have("blank", "stopped"), "", keyed=False)
    request.method, request.path, request.body = "PATCH", request.path.rstrip("/"), {"description": guests.name()}
    return request


@recipe("instance.renew: two at once, by another policy that is kept")
def renew(guests, _):
    return Request(path="/v1/instances/renew", body={"instances": [guests.have("blank", "stopped")]})
