#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checker's teeth: it finds what is planted, by its rule, and nothing in what can be."""

import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import unittest

import checker
import history
from clients import Client
from made_up import Told, lawful
from people import Person, World


class Lawful(unittest.TestCase):
    def test_nothing_is_found_in_what_can_be(self):
        for seed in range(60):
            found = checker.check(lawful(seed))
            self.assertEqual(found, [], f"seed {seed}: {found[0] if found else ''}")

    def test_an_unknown_outcome_may_be_done_or_not(self):
        for shown in (1, 2):
            story = Told()
            story.change("a", status=None)
            story.look(shown, "a" if shown == 2 else None)
            self.assertEqual(story.rules, set())

    def test_calls_at_the_same_time_may_be_in_either_order(self):
        story = Told()
        story.change("a", 2, begin=1, end=20)
        story.look(2, "a", begin=2, end=6)
        story.look(1, begin=5, end=9)
        story.look(2, "a")
        self.assertEqual(story.rules, set())

    def test_a_destruction_is_a_version_with_the_same_words(self):
        story = Told()
        story.made()
        story.change("a", 2)
        story.list("vm-1", mark="a")
        story.add("verb", 202, {"operation": "op-2"}, object="vm-1", verb="destroy", begin=story.now + 1, end=story.now + 9)
        story.look(2, "a", begin=story.now - 4, end=story.now - 2)
        story.ended("op-2")
        story.look(3, "a", state="destroyed")
        self.assertEqual(story.rules, set())

    def test_a_whole_life_is_lawful(self):
        story = Told()
        story.made()
        story.list("vm-1")
        story.add("create", 202, {"operation": "op-vm-1", "object": "vm-1", "replayed": True}, key="k1")
        story.add("create", 422, key="k1", other=True)
        story.add("verb", 202, {"operation": "op-2"}, object="vm-1", verb="destroy")
        story.ended("op-2")
        story.look(2, state="destroyed")
        story.ended("op-vm-1")
        story.list()
        story.look(thing="vm-1", status=404, who="bela", begin=99)
        story.calls[-1].what["foreign"] = True
        story.add("token-make", 201, {"token": "tok-1"}, key="t1")
        story.add("token-use", 200, token="tok-1")
        story.add("token-revoke", None, token="tok-1")
        story.add("token-use", 401, token="tok-1")
        story.add("share", 202, {"operation": "op-3", "object": "tmpl-1"}, **{"with": ["bela"]})
        story.ended("op-3")
        story.add("shared", 200, who="bela", object="tmpl-1")
        story.add("shared", 404, who="cili", object="tmpl-1")
        story.add("audit", 200, {"differences": [], "openOperations": 0})
        self.assertEqual(story.rules, set())


class Planted(unittest.TestCase):
    """In each lawful history one thing is made that cannot be."""

    def found(self, plant, *rules):
        tried = 0
        for seed in range(25):
            calls = lawful(seed)
            if not plant(calls, random.Random(seed)):
                continue
            tried += 1
            found = {anomaly.rule for anomaly in checker.check(calls)}
            self.assertTrue(found & set(rules), f"seed {seed}: {found}")
        self.assertGreater(tried, 10)

    def test_a_lost_write(self):
        # It was acknowledged, and nothing of it is in the versions: those above it sink by one, as if it had never been.
        def plant(calls, chance):
            done = [call for call in calls if call.do == "change" and call.done and call.said["version"] > 3]
            victim = chance.choice(done)
            thing, version = victim.what["object"], victim.said["version"]
            for call in calls:
                if call.what.get("object") == thing and call.done and call is not victim and call.said["version"] >= version:
                    call.said["version"] -= 1
            return True

        # Where one that nobody knows of makes up for it in the count, its version stands for two contents.
        self.found(plant, "lost-write", "two-contents")

    def test_a_stale_read(self):
        def plant(calls, chance):
            reads = [call for call in calls if call.do == "read" and call.done]
            for late in chance.sample(reads, len(reads)):
                older = late.said["version"] - 3
                early = [call for call in reads if call.end < late.begin - 100 and call.what == late.what and call.said["version"] < older]
                if early:
                    late.said = dict(early[0].said)
                    return True
            return False

        self.found(plant, "stale-read")

    def test_two_contents_of_a_version(self):
        def plant(calls, chance):
            reads = [call for call in calls if call.do == "read" and call.done]
            call = chance.choice(reads)
            twin = [other for other in reads if other is not call and other.what == call.what and other.said["version"] == call.said["version"]]
            call.said = {**call.said, "tags": ["planted"]}
            return bool(twin)

        self.found(plant, "two-contents")

    def test_a_doubled_effect(self):
        # A change is done a second time, behind others: all above it rise by one.
        def plant(calls, chance):
            for call in calls:
                if call.what.get("object") == "vm-1" and call.done and call.said["version"] > 20:
                    call.said["version"] += 30
            return any(call.what.get("object") == "vm-1" and call.done and call.said["version"] > 50 for call in calls)

        self.found(plant, "doubled")

    def test_a_stale_list(self):
        def plant(calls, chance):
            lists = [call for call in calls if call.do == "list"]
            late = [call for call in lists if call.begin > calls[-20].begin - 200]
            early = [call for call in lists[:-20] if all(item["mark"] for item in call.said["items"])]
            if late and early:
                late[-1].said = early[0].said
            return late and early

        self.found(plant, "stale-list")


class Single(unittest.TestCase):
    def test_a_write_that_was_refused_is_seen(self):
        story = Told()
        story.change("a", status=412, **{"if": 1})
        story.look(2, "a")
        self.assertIn("refused-write-seen", story.rules)

    def test_something_that_nobody_wrote(self):
        story = Told()
        story.look(2, "from nowhere")
        self.assertIn("phantom", story.rules)

    def test_two_changes_of_one_version(self):
        story = Told()
        story.change("a", 2, **{"if": 1}, begin=1, end=20)
        story.change("b", 3, **{"if": 1}, begin=2, end=21)
        self.assertIn("lost-write", story.rules)

    def test_a_change_whose_effect_came_back(self):
        story = Told()
        story.change("a", 2)
        story.change("b", 3)
        story.look(4, "a")
        self.assertIn("doubled", story.rules)

    def test_what_was_destroyed_comes_to_life(self):
        for look in (lambda story: story.look(state="running"), lambda story: story.list("vm-1")):
            story = Told()
            story.made()
            story.add("verb", 202, {"operation": "op-2"}, object="vm-1", verb="destroy")
            story.ended("op-2")
            look(story)
            self.assertIn("resurrected", story.rules)

    def test_what_was_made_is_gone(self):
        story = Told()
        story.made()
        story.look(status=404)
        self.assertIn("lost-object", story.rules)

    def test_a_list_without_what_is_there(self):
        story = Told()
        story.made()
        story.list()
        self.assertIn("missing-in-list", story.rules)

    def test_an_operation_is_lost_or_never_ends_or_opens_again(self):
        story = Told()
        story.add("verb", 202, {"operation": "op-2"}, object="vm-1", verb="start")
        self.assertIn("not-ended", story.rules)
        story.add("operation", 404, operation="op-2")
        self.assertIn("lost-operation", story.rules)
        story.ended("op-2")
        story.add("operation", 200, {"ended": False, "state": "running"}, operation="op-2")
        self.assertIn("operation-changed", story.rules)
        story.ended("op-2", "undone", "failed")
        self.assertIn("operation-changed", story.rules)

    def test_a_key_that_works_twice(self):
        story = Told()
        story.made("vm-1")
        story.made("vm-2")
        self.assertIn("doubled", story.rules)
        story = Told()
        story.add("create", None, key="k1")
        story.list("vm-1", "vm-2", all=True)
        self.assertIn("doubled", story.rules)
        story = Told()
        story.made()
        story.add("create", 202, {"operation": "op-vm-1", "object": "vm-1", "replayed": True}, key="k1", other=True)
        self.assertIn("key-mixed", story.rules)

    def test_a_revoked_token_and_a_lost_one(self):
        story = Told()
        story.add("token-revoke", 200, token="tok-1")
        story.add("token-use", 200, token="tok-1")
        self.assertIn("token-resurrected", story.rules)
        story = Told()
        story.add("token-use", 401, token="tok-1")
        self.assertIn("token-lost", story.rules)
        # Also where nobody knows whether it was revoked: refused once, it stays so.
        story = Told()
        story.add("token-revoke", None, token="tok-1")
        story.add("token-use", 401, token="tok-1")
        story.add("token-use", 200, token="tok-1")
        self.assertIn("token-resurrected", story.rules)

    def test_what_is_anothers(self):
        story = Told()
        story.made()
        story.look(who="bela").what["foreign"] = True
        self.assertIn("foreign", story.rules)
        story = Told()
        story.add("share", 202, {"operation": "op-3", "object": "tmpl-1"}, **{"with": ["bela"]})
        story.ended("op-3")
        story.add("shared", 200, who="cili", object="tmpl-1")
        story.add("shared", 404, who="bela", object="tmpl-1")
        self.assertLessEqual({"foreign", "lost-object"}, story.rules)

    def test_faults(self):
        story = Told()
        story.look(status=500)
        story.add("audit", 200, {"differences": ["a disk of nobody"], "openOperations": 0})
        self.assertLessEqual({"fault", "audit"}, story.rules)

    def test_an_answer_without_what_is_promised(self):
        story = Told()
        story.change("a", status=None).malformed = "200 {}: KeyError('version')"
        story.look(1)
        self.assertEqual(story.rules, {"malformed"})


class Clients(unittest.TestCase):
    def test_one_goes_on_behind_an_answer_that_lacks_what_is_promised(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "h")
            world = World(history.Recorder(path), [], "tmpl-1", "img-1", 9, 10)
            client = Client(1, Person("anna", "user-1", "token"), world, 1)
            for body in ({}, [], {"id": "vm-1"}):
                client.line = Answering(200, body)
                self.assertEqual(client.look_at("vm-1"), (None, {}))
            world.recorder.close()
            self.assertEqual([bool(call.malformed) for call in history.read(path)], [True] * 3)


class Answering:
    """A line on which the same answer comes for ever."""

    def __init__(self, status, body):
        self.status, self.body = status, body

    def connect(self):
        pass

    def ask(self, *_):
        return self.status, {}, self.body


class File(unittest.TestCase):
    def test_what_was_written_is_read_and_a_cut_off_line_is_no_answer(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "h")
            recorder = history.Recorder(path)
            first = recorder.call(1, "anna", "read", object="vm-1")
            second = recorder.call(2, "anna", "change", object="vm-1", mark="a")
            third = recorder.call(3, "bela", "read", object="vm-1")
            fourth = recorder.call(3, "bela", "list")
            recorder.answer(first, 200, {"version": 1})
            recorder.lost(second, "the connection was reset")
            recorder.answer(third, 503, {})
            recorder.malformed(fourth, "200 {}: KeyError('items')")
            recorder.call(4, "bela", "read", object="vm-1")
            recorder.close()
            with open(path, "a", encoding="utf-8") as file:
                file.write('{"answer":5,"at":1,"st')
            calls = history.read(path)
            self.assertEqual([call.unknown for call in calls], [False, True, True, True, True])
            self.assertEqual((calls[0].said, calls[1].lost, calls[4].end), ({"version": 1}, "the connection was reset", history.NEVER))
            self.assertEqual(calls[3].malformed, "200 {}: KeyError('items')")

    def test_a_line_that_is_none_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "h")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"answer":7,"at":1}\n')
            with self.assertRaisesRegex(SystemExit, ":1: no line of a history"):
                history.read(path)

    def judged(self, path):
        """The status for the file of a path, and what was said."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = checker.main(path)
        return status, said.getvalue()

    def test_nothing_to_look_at_is_not_good(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "h")
            # No operation; one whose only line was cut off; then one that is there.
            for text, status, words in [
                ("", 1, "there is no operation in"), ('{"call":1,"at":1,"cl', 1, "there is no operation in"),
                ('{"call":1,"at":1,"client":1,"who":"anna","do":"list"}\n', 0, "0 anomalies"),
            ]:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                self.assertEqual(self.judged(path)[0], status, text)
                self.assertIn(words, self.judged(path)[1])
            with open(path, "wb") as file:
                file.write(b"\xff\n")
            for name in [path, folder, os.path.join(folder, "nowhere")]:
                status, said = self.judged(name)
                self.assertEqual(status, 1)
                self.assertIn("cannot be read", said)

    def test_help_and_a_wrong_word_are_answered_without_a_trace(self):
        for words, status in [(["--help"], 0), (["-h"], 0), ([], 64), (["--all"], 64), (["one", "two"], 64)]:
            ended = subprocess.run([sys.executable, "-B", checker.__file__, *words], capture_output=True, text=True)
            self.assertEqual(ended.returncode, status, words)
            said = ended.stdout if status == 0 else ended.stderr
            self.assertIn("checker.py HISTORY", said)
            self.assertNotIn("Traceback", ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main()
