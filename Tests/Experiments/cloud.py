# SPDX-License-Identifier: Apache-2.0
"""The real `lyceumd` on a make-believe host (Scripts/private-host) with real machines, and people who ask it over HTTP."""

import http.client
import json
import os
import signal
import subprocess
import time

import outside

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.environ.get("LYCEUM_PROGRAMS") or os.path.join(REPOSITORY, ".build", "debug")


class Refused(Exception):
    """An answer that is none of the 2xx."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.code, self.detail = status, problem.get("code"), problem.get("detail")


class Away(Exception):
    """Nobody answers."""


class Cloud:
    """One site, from its first start to its end with the host."""

    def __init__(self, **settings):
        host = os.environ.get("LYCEUM_PRIVATE_HOST_STATE")
        if not host:
            raise SystemExit("run it by Scripts/experiments: it needs a make-believe host (Scripts/private-host)")
        # The host's own folder: it goes with the host, whatever happens.
        self.folder = os.path.join(host, "site")
        os.makedirs(self.folder, exist_ok=True)
        self.process, self.admin, self.log = None, None, open(os.path.join(self.folder, "lyceumd.log"), "ab")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM")}
        self.environment |= {
            "LYCEUMD_STATE_FOLDER": self.state(), "LYCEUMD_LISTEN_HTTP": "127.0.0.1:8080", "LYCEUMD_LIMITS_RATE": "100000",
            "LYCEUMD_LIMITS_BURST": "100000", "LYCEUMD_TRASH_KEEP": "0", "LYCEUMD_TRASH_FREEPERCENT": "100", "LYCEUMD_TRASH_INTERVAL": "1"}
        self.environment |= {f"LYCEUMD_{name}": value for name, value in settings.items()}

    def state(self, *names):
        return os.path.join(self.folder, "state", *names)

    # The manager.

    def begin(self, **environment):
        """Starts the manager and does not wait."""
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, "lyceumd")], env=self.environment | environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def start(self, **environment):
        """Starts the manager and waits until it takes changes; gives the seconds that this took."""
        began = time.monotonic()
        self.begin(**environment)
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise RuntimeError(f"lyceumd does not get ready: {self.last_words()}")
            time.sleep(0.02)
        with open(self.state("admin.token"), encoding="utf-8") as file:
            self.admin = file.read().strip()
        return time.monotonic() - began

    def is_ready(self):
        try:
            return self.ask("GET", "/readyz", signed=None)[0] == 200
        except Away:
            return False

    def kill(self):
        """SIGKILL, and nothing is told to anybody."""
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=40)

    def last_words(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-12:])

    # What is asked of it.

    def ask(self, method, path, body=None, signed="admin", fields=None, kind="application/json", seconds=60):
        """Status, JSON and header fields of an answer. `signed` is a token, none, or the administrator's."""
        token = self.admin if signed == "admin" else signed
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=seconds)
        headers = {"Content-Type": kind, **({"Authorization": "Bearer " + token} if token else {}), **(fields or {})}
        try:
            data = body if body is None or kind != "application/json" else json.dumps(body)
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Away(repr(error)) from error
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else {}, answer.headers

    def call(self, method, path, body=None, **how):
        """The JSON of a good answer; raises `Refused` for any other."""
        status, said, _ = self.ask(method, path, body, **how)
        if status >= 300:
            raise Refused(status, said)
        return said

    def ended(self, operation, seconds=120):
        """An operation and those that it began, at their ends; raises where one is not done."""
        began = time.monotonic()
        while not operation["ended"]:
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"{operation['verb']} has not ended after {seconds} s: {operation}")
            operation = self.call("GET", f"/v1/operations/{operation['id']}?wait=5")
        if operation.get("outcome") != "done":
            raise Refused(0, operation.get("failure") or {"code": operation["state"]})
        for child in operation["children"]:
            self.ended(self.call("GET", f"/v1/operations/{child}"), seconds)
        return operation

    def verb(self, machine, verb, body=None, seconds=120):
        """A verb, to its end."""
        return self.ended(self.call("POST", f"/v1/instances/{machine}/{verb}", body or {}), seconds)

    # What there is.

    def person(self, login):
        """Somebody new: the id and a token."""
        user = self.call("POST", "/v1/users", {"login": login})["id"]
        return user, self.call("POST", f"/v1/users/{user}/tokens", {"label": "experiment"})["token"]

    def template(self):
        """The tiny image as everybody's template."""
        with open(os.environ["LYCEUM_TINY_IMAGE"], "rb") as image:
            upload = self.call("POST", "/v1/uploads", image.read(), kind="application/octet-stream")["id"]
        image = self.ended(self.call("POST", "/v1/images", {"name": "tiny", "upload": upload, "format": "qcow2"}))["object"]
        body = {"name": "Tiny", "image": image, "cpus": 1, "memory": 128 << 20, "sharedWith": ["grp-everybody"]}
        self.made_of = self.ended(self.call("POST", "/v1/templates", body))["object"]

    def blank_template(self):
        """A template of machines with nothing on their disks, which cost nothing and say nothing."""
        upload = self.call("POST", "/v1/uploads", bytes(1 << 20), kind="application/octet-stream")["id"]
        image = self.ended(self.call("POST", "/v1/images", {"name": "blank", "upload": upload, "format": "raw"}))["object"]
        body = {"name": "Blank", "image": image, "cpus": 1, "memory": 64 << 20, "agent": "none", "readiness": "running"}
        return self.ended(self.call("POST", "/v1/templates", body))["object"]

    def launch(self, *names, start=True, wait=True, seconds=240, made_of=None):
        """Machines, all at once and ready, by their ids; one id for one name."""
        template = made_of or self.made_of
        begun = [self.call("POST", "/v1/instances", {"template": template, "name": name, "start": start}) for name in names]
        if wait:
            for operation in begun:
                self.ended(operation, seconds)
        machines = [operation["object"] for operation in begun]
        for machine in machines:
            # From now on a boot that nobody asked for is seen.
            outside.counter(self, machine)
        return machines if len(machines) > 1 else machines[0]

    def launch_many(self, name, count, most=10):
        """As many machines, all ready, by their ids. Some at a time: processors that are emulated boot no more of them at once."""
        machines = []
        for first in range(0, count, most):
            machines += self.launch(*[f"{name}-{number}" for number in range(first, min(count, first + most))], seconds=600)
        return machines

    def ping(self, machine):
        """A ping to a machine that goes on."""
        return outside.Pings(self.network(), self.shown(machine)["addresses"][0]["ipv4"])

    def shown(self, machine, signed="admin"):
        return self.call("GET", f"/v1/instances/{machine}", signed=signed, seconds=10)

    def open_operations(self):
        return self.call("GET", "/v1/audit")["openOperations"]

    def alarms(self):
        return {alarm["id"]: alarm["code"] for alarm in self.call("GET", "/v1/alarms")["items"]}

    def network(self):
        """The namespace in which its gateway is: from there guests are pinged."""
        return "lycn-" + self.call("GET", "/v1/networks")["items"][0]["id"].split("-", 1)[1]

    # What comes at the end of every experiment.

    def judge_rest(self, it):
        """Nothing is under way, and `lyceum doctor --audit` finds records and host in agreement."""
        it.until(60, "every operation has ended", "the journal", lambda: ((left := self.open_operations()) == 0, f"{left} open"))
        environment = self.environment | {"LYCEUM_URL": "http://127.0.0.1:8080", "LYCEUM_TOKEN": self.admin}

        def look():
            command = [os.path.join(PROGRAMS, "lyceum"), "doctor", "--audit"]
            said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
            lines = [line for line in said.stdout.splitlines() if "\taudit\t" in line]
            return lines == ["ok\taudit\trecords and hosts agree"], lines or said.stdout + said.stderr

        it.until(20, "records and host agree", "lyceum doctor --audit", look, pause=2)

    def judge_second_round(self, it):
        """A round in which nothing is broken: a machine is launched, sleeps, wakes with all that ran in it, and goes; and an audit."""
        began = time.monotonic()
        machine = self.launch(f"second-round-{time.monotonic_ns()}")
        self.verb(machine, "suspend")
        it.must("second round: a machine that sleeps has no domain that runs", "libvirt", machine not in outside.running())
        counted = outside.counter(self, machine)
        self.verb(machine, "wake")
        it.until(30, "second round: the guest counts on where it slept", "guest counter",
                 lambda: ((now := outside.counter(self, machine)) > counted, f"{counted}, then {now}"))
        it.must("second round: it was not booted anew", "guest counter", outside.never_restarted(self, machine))
        self.verb(machine, "destroy")
        it.must("second round: nothing of it is left", "libvirt", machine not in outside.defined())
        self.judge_rest(it)
        it.remark(f"second round {time.monotonic() - began:.0f} s")
