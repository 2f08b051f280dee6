#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many clients at a manager that is killed all the time; then the checker reads what they wrote down.

    run.py LYCEUMD FOLDER [--operations N] [--clients N] [--seed N]

The manager is the real program with a simulated host. It dies by SIGKILL every few seconds and is started anew; clients go on as people do:
they ask again under the same key, and leave it where they cannot. In the end, with nobody left who asks, everything that was ever
acknowledged is looked at once more. FOLDER gets `history.jsonl` and the manager's log.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import checker
from clients import Client
from history import Recorder
from people import Away, Person, World


class Manager:
    """The real `lyceumd`, with a host that it simulates."""

    def __init__(self, program, folder, port):
        self.program, self.folder, self.port, self.process = program, folder, port, None
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(os.path.join(folder, "lyceumd.log"), "ab")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM")}
        # Clients are quicker than people are allowed to be.
        self.environment |= {
            "LYCEUMD_STATE_FOLDER": os.path.join(folder, "state"), "LYCEUMD_LISTEN_SOCKET": os.path.join(folder, "api.sock"),
            "LYCEUMD_LISTEN_HTTP": f"127.0.0.1:{port}", "LYCEUMD_SIMULATION_BOOT": "0", "LYCEUMD_LIMITS_RATE": "1000000",
            "LYCEUMD_LIMITS_BURST": "1000000", "LYCEUMD_LIMITS_CONCURRENT": "100000", "LYCEUMD_QUOTA_INSTANCES": "100000",
            "LYCEUMD_QUOTA_DISK": "1000000", "LYCEUMD_QUOTA_CPUS": "100000", "LYCEUMD_QUOTA_MEMORY": "100000"}

    def start(self):
        """Starts it and waits until it takes changes; gives the seconds that this took."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "--simulate"], env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"history: the manager ended by itself with {self.process.returncode}, see {self.log.name}")
            try:
                if self.ask("GET", "/readyz", None)[0] == 200:
                    return time.monotonic() - began
            except OSError:
                pass
            if time.monotonic() - began > 60:
                raise SystemExit(f"history: the manager is not ready after a minute, see {self.log.name}")
            time.sleep(0.02)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def ask(self, method, path, token, body=None, kind="application/json"):
        """Not written down: what makes the site, and looks whether it is at rest."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind}, method=method)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def must(self, method, path, token, body=None, **more):
        status, answer = self.ask(method, path, token, body, **more)
        if status >= 300:
            raise SystemExit(f"history: {method} {path} is {status}: {answer}")
        if status == 202 and not answer["ended"]:
            answer = self.must("GET", f"/v1/operations/{answer['id']}?wait=30", token)
            if answer.get("outcome") != "done":
                raise SystemExit(f"history: {method} {path}: {answer}")
        return answer


def site(manager, count):
    """An image, a template of everybody's, people with tokens: four of five clients are students, a few of them at the same machines."""
    with open(os.path.join(manager.folder, "state", "admin.token"), encoding="utf-8") as file:
        admin = file.read().strip()
    upload = manager.must("POST", "/v1/uploads", admin, bytes(1 << 20), kind="application/octet-stream")["id"]
    image = manager.must("POST", "/v1/images", admin, {"name": "tiny", "upload": upload, "format": "raw"})["object"]
    body = {"name": "Tiny", "image": image, "cpus": 1, "memory": 128 << 20, "sharedWith": ["grp-everybody"]}
    template = manager.must("POST", "/v1/templates", admin, body)["object"]
    people = []
    for number in range(1, max(3, count // 5) + 1):
        user = manager.must("POST", "/v1/users", admin, {"login": f"student-{number}"})["id"]
        people.append(Person(f"student-{number}", user, manager.must("POST", f"/v1/users/{user}/tokens", admin, {"label": "history"})["token"]))
    me = manager.must("GET", "/v1", admin)["user"]["id"]
    return Person("admin", me, admin, is_operator=True), people, template, image


def in_parallel(jobs, clients):
    """Does all jobs, each with one of the clients."""
    jobs, lock = list(jobs), threading.Lock()

    def work(client):
        while True:
            with lock:
                if not jobs:
                    return
                job = jobs.pop()
            try:
                job(client)
            except Away as error:
                raise SystemExit("history: the manager is away though nobody killed it") from error

    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(work, client) for client in clients]:
            done.result()


def last_look(manager, world, operator, seed):
    """Once nothing is under way: everything that was acknowledged, looked at by its owners; all machines; records against hosts."""
    began = time.monotonic()
    while manager.must("GET", "/v1/audit", operator.token)["openOperations"] and time.monotonic() - began < 120:
        time.sleep(0.5)
    rest = time.monotonic() - began
    lookers = {person.name: [Client(1000 + number, person, world, seed)] for number, person in enumerate([operator, *world.people])}
    jobs = {name: [] for name in lookers}
    for operation, person in world.every_operation.items():
        jobs[person.name].append(lambda client, operation=operation: client.look_at_operation(operation))
    for machine, person in world.every_machine.items():
        jobs[person.name].append(lambda client, machine=machine: client.look_at(machine))
    for token, (person, text) in world.every_token.items():
        jobs[person.name].append(lambda client, known=(token, text): client.use_token(known))
    for name, clients in lookers.items():
        in_parallel(jobs[name], clients)
        clients[0].list()
    inspector, cursor = lookers[operator.name][0], ""
    while cursor is not None:
        # All machines, those in the trash too, page after page.
        cursor = inspector.list("&trash=true" + (f"&cursor={cursor}" if cursor else ""))
    inspector.call("audit", "GET", "/v1/audit", take=lambda fields, body: {name: body[name] for name in ("differences", "openOperations")})
    return rest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=5, help="seconds between deaths, at most; at least a third of it")
    given = parser.parse_args()
    # Whoever ends this ends the manager, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(given.folder, exist_ok=True)
    chance = random.Random(given.seed)
    manager = Manager(os.path.abspath(given.program), os.path.abspath(given.folder), 20000 + random.SystemRandom().randrange(20000))
    path = os.path.join(given.folder, "history.jsonl")
    recorder, pool, world = Recorder(path), ThreadPoolExecutor(given.clients), None
    try:
        manager.start()
        operator, people, template, image = site(manager, given.clients)
        world = World(recorder, people, template, image, manager.port, given.operations)
        actors = [people[number % len(people)] if number % 13 else operator for number in range(given.clients)]
        began, back = time.monotonic(), []
        clients = [pool.submit(Client(number, person, world, given.seed).run) for number, person in enumerate(actors)]
        # None ends before it is enough, but by a fault of its own.
        while not world.is_enough and not any(client.done() for client in clients):
            time.sleep(chance.uniform(given.pause / 3, given.pause))
            manager.kill()
            back.append(manager.start())
            print(f"\rhistory: {recorder.answered + recorder.unknown} operations, {len(back)} deaths", end="", file=sys.stderr, flush=True)
        if not world.is_enough:
            world.over.set()
        for client in clients:
            client.result()
        took = time.monotonic() - began
        rest = last_look(manager, world, operator, given.seed)
        print(file=sys.stderr)
        print(f"history: {took:.0f} s, the manager was killed {len(back)} times and was back after "
              f"{sorted(back)[len(back) // 2]:.2f} s (median); nothing was under way {rest:.1f} s after the last call")
    finally:
        if world:
            world.over.set()
        pool.shutdown()
        manager.kill()
        recorder.close()
    return checker.main(path)


if __name__ == "__main__":
    sys.exit(main())
