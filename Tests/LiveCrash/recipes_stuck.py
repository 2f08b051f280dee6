# SPDX-License-Identifier: Apache-2.0
"""Recipes in which a run is stuck, for its answers are lost, and a later one takes over what it left; and those whose records are changed while
the manager is away."""

import time

from manager import Trouble
from recipes import Request, on, recipe
from recipes_more import kept
from recipes_parts import network


def stick(guests, kind, step, method, path, body=None):
    """Asks for an operation that is stuck at a step from then on; gives the orders that keep it there."""
    manager, orders = guests.manager, f"lose {kind}/{step}/afterEffect"
    manager.order(orders)
    status, answer = manager.call(method, path, body)
    if status != 202:
        raise Trouble(f"{method} {path} is {status}: {answer.get('detail')}")
    for _ in range(200):
        state = manager.get(f"/v1/operations/{answer['id']}")["state"]
        if state == "stuck":
            return orders
        time.sleep(0.05)
    raise Trouble(f"{kind} is {state}, and was to be stuck at {step}")


def stuck(guests, instance, verb, *operation):
    ends = {"force-off": "stopped", "destroy": "destroyed"}[verb]
    return on(instance, verb, ends=ends, boots=True, orders=stick(guests, *operation))


@recipe("instance.destroy: of a template that is stuck")
def destroy_saving(guests, _):
    instance = guests.new("blank", "stopped")
    path = f"/v1/instances/{instance}/save-as-template"
    return stuck(guests, instance, "destroy", "instance.save-as-template", "copy[*]", "POST", path, {"name": guests.name()})


@recipe("instance.destroy: of a return that is stuck")
def destroy_returning(guests, _):
    instance = guests.new("blank", "running")
    path = f"/v1/instances/{instance}/checkpoints/{kept(guests, instance, True)}/return"
    return stuck(guests, instance, "destroy", "instance.return-to-checkpoint", "old disk", "POST", path, {})


@recipe("instance.force-off: of a checkpoint with memory that is stuck")
def force_off_checkpoint(guests, _):
    instance = guests.new("blank", "running")
    body = {"name": guests.name(), "memory": True}
    return stuck(guests, instance, "force-off", "instance.checkpoint", "overlay", "POST", f"/v1/instances/{instance}/checkpoints", body)


@recipe("instance.force-off: of a drop that is stuck")
def force_off_drop(guests, _):
    instance = guests.new("blank", "stopped")
    checkpoint = kept(guests, instance)
    kept(guests, instance)
    path = f"/v1/instances/{instance}/checkpoints/{checkpoint}"
    return stuck(guests, instance, "force-off", "instance.drop-checkpoint", "layer", "DELETE", path)


@recipe("instance.force-off: of a port that is stuck")
def force_off_port(guests, _):
    instance = guests.new("blank", "running")
    body = {"network": network(guests)}
    return stuck(guests, instance, "force-off", "instance.attach-port", "attach", "POST", f"/v1/instances/{instance}/attach-port", body)


@recipe("upload.collect: plain")
def collect_upload(guests, _):
    upload = guests.upload(bytes([7]) * (1 << 16))
    statement = 'UPDATE "uploads" SET "createdAt" = "createdAt" - 1000 * 86400 * 30 WHERE "id" = ?'
    return Request(deed=lambda: guests.manager.change_records(statement, upload))


def forgotten(guests, state):
    """The guest runs, and the records say what was before."""
    instance = guests.new("blank", state)
    records = guests.manager.backup()
    guests.bring(instance, "running")
    process = guests.process(instance)

    def runs():
        for _ in range(100):
            if guests.state(instance) == "running":
                break
            time.sleep(0.1)
        if (guests.state(instance), guests.process(instance)) != ("running", process):
            raise Trouble(f"{instance} is {guests.state(instance)}, its QEMU was {process} and is {guests.process(instance)}")
    return Request(instance=instance, deed=lambda: guests.manager.restore(records), after=runs)


@recipe("instance.adopt: running though the records say that it is off")
def adopt(guests, _):
    return forgotten(guests, "stopped")


@recipe("instance.adopt: running though the records say that it sleeps")
def adopt_asleep(guests, _):
    return forgotten(guests, "suspended")
