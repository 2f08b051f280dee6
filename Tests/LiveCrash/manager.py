# SPDX-License-Identifier: Apache-2.0
"""The real lyceumd on a make-believe host: started, told where to die, found dead, asked."""

import contextlib
import glob
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time


class Gone(Exception):
    """The manager went away before it answered."""


class Trouble(Exception):
    """Something is not as it must be."""


class Socket(http.client.HTTPConnection):
    """HTTP over the manager's unix socket, where the kernel says that root calls."""

    def __init__(self, path):
        super().__init__("lyceum", timeout=90)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Manager:
    """One state folder and the processes that keep it, one after the other."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.socket, self.orders = f"{folder}/run/api.sock", f"{folder}/crash-at"
        self.process = None
        for name in ("state", "run"):
            os.makedirs(f"{folder}/{name}", mode=0o700)
        self.keep_trash(True)
        self.order("")

    def keep_trash(self, kept):
        """Whether what is destroyed stays in the trash, or goes within seconds."""
        with open(f"{self.folder}/lyceumd.toml", "w", encoding="utf-8") as file:
            file.write(f'''[state]
folder = "{self.folder}/state"
[listen]
socket = "{self.socket}"
http = ""
[limits]
rate = 100000
burst = 100000
[quota]
instances = 10000
disk = 100000
cpus = 10000
memory = 10000
forwardedPorts = 1000
[host]
cpuRatio = 100
[trash]
keep = {86400 if kept else 0}
freePercent = {0 if kept else 100}
interval = 1
''')
        os.chmod(f"{self.folder}/lyceumd.toml", 0o600)
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)

    def order(self, text):
        """From the next border on these are the orders; empty: none."""
        with open(self.orders + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.orders + ".new", 0o600)
        os.replace(self.orders + ".new", self.orders)

    def launch(self):
        """Starts it, and does not wait."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM")}
        environment["LYCEUM_CRASH_AT"] = "@" + self.orders
        with open(f"{self.folder}/lyceumd.log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([f"{self.programs}/lyceumd", "--config", f"{self.folder}/lyceumd.toml"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def start(self):
        """Gives when it was started, once it is ready."""
        began = time.monotonic()
        self.launch()
        while True:
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return began
            except Gone:
                pass
            if self.process.poll() is not None:
                raise Trouble(f"lyceumd ended by itself with {self.process.returncode}: {self.tail()}")
            if time.monotonic() - began > 30:
                raise Trouble("lyceumd is not ready after 30 s")
            time.sleep(0.02)

    def died(self, seconds):
        """Whether it ends itself within so many seconds, as kill -9 would end it."""
        try:
            return self.process.wait(timeout=seconds) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tail(self):
        with open(f"{self.folder}/lyceumd.log", encoding="utf-8", errors="replace") as log:
            return " / ".join(log.read().splitlines()[-5:])

    # What is done to its records while it is away.

    def change_records(self, statement, *values):
        """One statement of SQL, and the manager comes back; it may be told to die at once."""
        self.end()
        with contextlib.closing(sqlite3.connect(f"{self.folder}/state/lyceum.db")) as records, records:
            if records.execute(statement, values).rowcount != 1:
                raise Trouble(f"{statement}: no such row")
        self.launch()

    def backup(self):
        """The records as they are now, in a file."""
        connection = Socket(self.socket)
        connection.request("GET", "/v1/admin/backup")
        path = f"{self.folder}/backup.tar"
        with open(path, "wb") as file, contextlib.closing(connection):
            file.write(connection.getresponse().read())
        os.chmod(path, 0o600)
        return path

    def restore(self, path):
        """The records of then, as an administrator puts them back, and the manager comes back; it may be told to die at once."""
        self.end()
        for file in glob.glob(f"{self.folder}/state/lyceum.db*"):
            os.unlink(file)
        said = subprocess.run([f"{self.programs}/lyceumd", "--config", f"{self.folder}/lyceumd.toml", "--restore", path],
                              capture_output=True, text=True, check=False)
        if said.returncode != 0:
            raise Trouble(f"the backup is refused: {said.stderr.strip()}")
        self.launch()

    # What is asked of it.

    def call(self, method, path, body=None, key=None, headers=None):
        """Status and JSON of an answer; Gone where none came."""
        raw = isinstance(body, bytes)
        kind = "application/octet-stream" if raw else "application/json"
        fields = {"Content-Type": kind, **({"Idempotency-Key": key} if key else {}), **(headers or {})}
        data = body if raw else None if body is None else json.dumps(body).encode()
        connection = Socket(self.socket)
        try:
            connection.request(method, path, body=data, headers=fields)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Gone(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def get(self, path):
        status, answer = self.call("GET", path)
        if status != 200:
            raise Trouble(f"GET {path} is {status}: {answer.get('detail')}")
        return answer

    def ended(self, operation, seconds=120):
        """An operation at its end, and its children at theirs."""
        limit = time.monotonic() + seconds
        while True:
            seen = self.get(f"/v1/operations/{operation}?wait=20")
            if seen["ended"]:
                for child in seen["children"]:
                    self.ended(child, seconds)
                return seen
            if time.monotonic() > limit:
                raise Trouble(f"{seen['verb']} is {seen['state']} after {seconds} s: {seen.get('stuck') or seen.get('waitingFor')}")

    def do(self, method, path, body=None, headers=None):
        """Asks, and waits until it is done."""
        for _ in range(50):
            status, answer = self.call(method, path, {} if body is None and method == "POST" else body, headers=headers)
            # The cloud's own work on the same thing, or a first look that is still to come.
            if status not in (409, 503) or answer.get("code") not in ("busy", "unavailable", "host-unreachable"):
                break
            time.sleep(0.2)
        if status == 200 or status == 201:
            return answer
        if status != 202:
            raise Trouble(f"{method} {path} is {status}: {answer.get('code')}: {answer.get('detail')}")
        end = self.ended(answer["id"])
        if end["outcome"] != "done":
            raise Trouble(f"{end['verb']} is {end['state']}: {(end.get('failure') or {}).get('detail')}")
        return end

    def under_way(self):
        """The operations that the manager is at work on: all that are open, but for those that wait for a guest."""
        states = ("queued", "running", "unwinding", "stuck")
        return {item["id"]: item for state in states for item in self.get(f"/v1/operations?state={state}")["items"]}

    def doctor(self):
        """What `lyceum doctor --audit` finds wrong between records and host."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM")}
        said = subprocess.run([f"{self.programs}/lyceum", "doctor", "--audit", "--json"], capture_output=True, text=True, check=False,
                              env={**environment, "LYCEUM_URL": f"unix:{self.socket}"})
        try:
            checks = json.loads(said.stdout)["checks"]
        except (ValueError, KeyError) as error:
            raise Trouble(f"lyceum doctor --audit ended with {said.returncode}: {said.stderr.strip()}") from error
        audits = [check for check in checks if check["check"] == "audit"]
        if not audits:
            raise Trouble(f"lyceum doctor --audit compared nothing: {said.stdout}")
        return [check["says"] for check in audits if check["level"] != "ok"]
