#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""D2. All that the manager keeps in memory is lost, a moment after tokens were revoked.

Broken:   kill -9 of lyceumd, three times, at once after the answer to a revocation.
Must hold: of a hundred people with tokens each is signed in afterwards; each token that was revoked is refused, from the first answer on.
Verdicts: the tokens themselves, sent by who holds them: here what the manager says is what is judged.
Not here: a cache of its own for sessions. There is none: tokens are records.
"""

import time

from cloud import Cloud
from experiment import ROUNDS, Experiment

PEOPLE = 100

with Experiment(
        "D2", "memory is lost, with 100 people signed in and tokens just revoked", "the manager's start, to all 100 signed in again") as it:
    # Set up.
    cloud = Cloud()
    cloud.start()
    cloud.template()
    people = [cloud.person(f"student-{number}") for number in range(PEOPLE)]
    revoked = []

    def status(token):
        return cloud.ask("GET", "/v1/instances", signed=token)[0]

    it.need("everybody is signed in at first", "their tokens", all(status(token) == 200 for _, token in people))
    for number in range(ROUNDS):
        # Break: each time ten more have lost a telephone. The death follows the last answer.
        losers = [user for user, _ in people[number * 10:number * 10 + 10]]
        spare = [(user, cloud.call("POST", f"/v1/users/{user}/tokens", {"label": "telephone"})) for user in losers]
        it.must("the telephones are signed in at first", "their tokens", all(status(made["token"]) == 200 for _, made in spare))
        for user, made in spare:
            cloud.call("DELETE", f"/v1/users/{user}/tokens/{made['id']}")
            revoked.append(made["token"])
        cloud.kill()

        # Heal: nothing but a start.
        began = time.monotonic()
        cloud.start()
        refused = [status(token) for token in revoked]
        it.must("what was revoked is refused from the first answer on", "the revoked tokens", set(refused) == {401}, refused)
        signed_in = [status(token) for _, token in people]
        it.must("nobody is signed out", "their tokens", set(signed_in) == {200}, signed_in)
        it.recovered(time.monotonic() - began)
    it.remark(f"{PEOPLE} good, {len(revoked)} revoked")
    cloud.judge_rest(it)
    cloud.judge_second_round(it)
    cloud.end()
