# SPDX-License-Identifier: Apache-2.0
"""More recipes: disks, cards and public ports, which come to a machine and go from it."""

from recipes import MEBIBYTE, Request, on, recipe


# Disks.

def data_disk(guests, instance):
    before = {disk["id"] for disk in guests.see(instance)["disks"]}
    guests.verb(instance, "attach-disk", {"size": 8 * MEBIBYTE})
    return next(disk["id"] for disk in guests.see(instance)["disks"] if disk["id"] not in before)


def loose_disk(guests):
    instance = guests.have("blank", "stopped", "disks")
    disk = data_disk(guests, instance)
    guests.verb(instance, "detach-disk", {"disk": disk})
    return instance, disk


@recipe("instance.attach-disk: a new one, running")
def attach_disk(guests, _):
    # Where it is taken back the guest has to let go, and a blank one lets nothing go: it would keep a part that is gone.
    return on(guests.have("tiny", "running", "disks"), "attach-disk", {"size": 8 * MEBIBYTE}, ends="running", lives=True)


@recipe("instance.attach-disk: one that was another's, stopped")
def attach_loose_disk(guests, _):
    instance, disk = loose_disk(guests)
    return on(instance, "attach-disk", {"disk": disk}, ends="stopped")


@recipe("instance.detach-disk: running")
def detach_disk(guests, _):
    instance = guests.have("tiny", "running")
    return on(instance, "detach-disk", {"disk": data_disk(guests, instance)}, ends="running", lives=True)


@recipe("instance.detach-disk: stopped")
def detach_disk_stopped(guests, _):
    instance = guests.have("blank", "stopped", "disks")
    return on(instance, "detach-disk", {"disk": data_disk(guests, instance)}, ends="stopped")


@recipe("disk.delete: plain")
def delete_disk(guests, _):
    return Request(path=f"/v1/disks/{loose_disk(guests)[1]}/delete", body={})


@recipe("instance.grow-disk: stopped, a data disk")
def grow_data_disk(guests, _):
    instance = guests.have("blank", "stopped", "disks")
    return on(instance, "grow-disk", {"disk": data_disk(guests, instance), "size": 16 * MEBIBYTE}, ends="stopped")


@recipe("instance.grow-disk: running, the one it boots from")
def grow_disk(guests, _):
    instance = guests.have("blank", "running", "disks")
    disk = guests.see(instance)["disks"][0]
    return on(instance, "grow-disk", {"disk": disk["id"], "size": disk["size"] + MEBIBYTE}, ends="running", lives=True)


# Cards and public ports.

@recipe("instance.attach-port: running")
def attach_port(guests, _):
    return plug(guests, "running")


@recipe("instance.attach-port: stopped")
def attach_port_stopped(guests, _):
    return plug(guests, "stopped")


def network(guests):
    return guests.manager.get("/v1/networks")["items"][0]["id"]


def plug(guests, state):
    # As with a disk.
    instance = guests.have("tiny" if state == "running" else "blank", state)
    return on(instance, "attach-port", {"network": network(guests)}, ends=state, lives=state == "running")


@recipe("instance.detach-port: running")
def detach_port(guests, _):
    return unplug(guests, guests.have("tiny", "running"))


@recipe("instance.detach-port: stopped, the last one")
def detach_port_stopped(guests, _):
    return unplug(guests, guests.have("blank", "stopped"))


def unplug(guests, instance):
    before = {address["port"] for address in guests.see(instance)["addresses"]}
    guests.verb(instance, "attach-port", {"network": network(guests)})
    seen = guests.see(instance)
    port = next(address["port"] for address in seen["addresses"] if address["port"] not in before)
    return on(instance, "detach-port", {"port": port}, ends=seen["state"], lives=seen["state"] == "running")


@recipe("instance.open-forwarded-port: running")
def open_port(guests, _):
    return on(guests.have("blank", "running"), "forwarded-ports", {"targetPort": 22}, ends="running", lives=True)


@recipe("instance.open-forwarded-port: never started")
def open_port_early(guests, _):
    return on(guests.new("blank", "pending"), "forwarded-ports", {"targetPort": 22}, ends="pending")


@recipe("instance.close-forwarded-port: running")
def close_port(guests, _):
    return close(guests, guests.have("blank", "running"), "running")


@recipe("instance.close-forwarded-port: suspended")
def close_port_asleep(guests, _):
    instance = guests.have("blank", "running")
    return close(guests, instance, "suspended")


def close(guests, instance, state):
    before = {port["id"] for port in guests.see(instance)["forwardedPorts"]}
    guests.verb(instance, "forwarded-ports", {"targetPort": 22})
    guests.bring(instance, state)
    port = next(port["id"] for port in guests.see(instance)["forwardedPorts"] if port["id"] not in before)
    return Request("DELETE", f"/v1/forwarded-ports/{port}", None, instance, ends=state, lives=state == "running", keyed=False)
