# SPDX-License-Identifier: Apache-2.0
"""A stranger's client, generated from openapi.yaml, does what a front end does: looks around, launches, reads why not, destroys."""

import os
import sys

from lyceum_client import AuthenticatedClient
from lyceum_client.api.about import discover
from lyceum_client.api.instances import (create_instances, destroy_instance, get_instance, list_instance_verbs, list_instances,
                                         update_instance)
from lyceum_client.api.operations import get_operation
from lyceum_client.api.templates import list_templates
from lyceum_client.models import CreateInstancesRequest, EmptyRequest, Operation, Problem, UpdateInstanceRequest

client = AuthenticatedClient(base_url=os.environ["CONTRACT_URL"], token=os.environ["CONTRACT_TOKEN"])


def ended(begun):
    assert isinstance(begun, Operation), begun
    while not begun.ended:
        begun = get_operation.sync(begun.id, client=client, wait=30)
    assert begun.outcome == "done", begun
    return begun


assert discover.sync(client=client).name == "lyceum"
template = next(item for item in list_templates.sync(client=client).items if item.name == "Tiny")
made = ended(create_instances.sync(client=client, body=CreateInstancesRequest(template=template.id, name="by-python", start=True)))
for child in made.children:
    ended(get_operation.sync(child, client=client))
instance = get_instance.sync(made.object_, client=client)
assert instance.state == "running" and instance.ready and instance.connection.command.startswith("ssh "), instance

# Why a button is grey, and a refusal as a value.
verbs = {item.verb: item for item in list_instance_verbs.sync(instance.id, client=client).items}
assert verbs["suspend"].allowed and not verbs["wake"].allowed and verbs["wake"].refusal.code == "state-forbids"
change = UpdateInstanceRequest(tags=["exam"])
changed = update_instance.sync_detailed(instance.id, client=client, body=change, if_match="*")
assert changed.parsed.tags == ["exam"], changed
stale = update_instance.sync(instance.id, client=client, body=change, if_match='"1"')
assert isinstance(stale, Problem) and stale.code == "stale-version", stale
stale = destroy_instance.sync(instance.id, client=client, body=EmptyRequest(), if_match='"1"')
assert isinstance(stale, Problem) and stale.code == "stale-version", stale
assert [item.id for item in list_instances.sync(client=client, tag="exam").items] == [instance.id]

# Page after page, and no cursor of another list.
everything = [item.id for item in list_instances.sync(client=client).items]
page, seen = list_instances.sync(client=client, limit=2), []
while True:
    seen += [item.id for item in page.items]
    if not isinstance(page.next_, str):
        break
    cursor = page.next_
    page = list_instances.sync(client=client, limit=2, cursor=cursor)
assert seen == everything and len(seen) > 2, (seen, everything)
foreign = list_templates.sync(client=client, cursor=cursor)
assert isinstance(foreign, Problem) and foreign.code == "invalid-field", foreign

ended(destroy_instance.sync(instance.id, client=client, body=EmptyRequest()))
assert get_instance.sync(instance.id, client=client).state == "destroyed"
print("client: a client generated from openapi.yaml works", file=sys.stderr)
