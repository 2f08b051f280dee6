// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
import CloudStoreSQLite
import CloudWorkflow
import HypervisorSim
import Testing

@Suite struct ScenarioTests {
    @Test func aStoryIsReadSentenceBySentence() throws {
        let story = try Scenario(
            """
            # A machine's process is killed.
            hosts 2
            template tiny on host-1
            people anna bela

            anna launches tiny as web   # at once
            wait 20 s
            web is killed
            host-1 is cut off
            host-1 is back
            host-1 reboots
            anna reboots web
            the manager dies
            the clock jumps -1 d
            faults answer-lost 300
            expect web failed
            expect refused state-forbids
            expect clean
            anna resizes web to 2
            anna checkpoints web as before
            anna returns web to before
            anna saves web as golden
            anna attaches data to web
            anna detaches data from web
            anna cancels
            the agent of web hangs
            the memory of web is lost
            the disk of web is full
            the store of host-1 is full
            the store of host-1 has room again
            host-1 is mute
            host-2 is slow
            expect undone
            expect failed guest-ended
            expect 1 of golden
            anna signs in
            the record of web is damaged
            expect anna signed-in
            host-1 is deaf
            """)
        #expect(
            story.sentences.map(\.sentence) == [
                .hosts(2), .template("tiny", host: "host-1"), .people(["anna", "bela"]), .launch(by: "anna", template: "tiny", name: "web"),
                .wait(.seconds(20)), .killed("web"), .reach("host-1", .cutOff), .reach("host-1", .whole), .hostReboots("host-1"),
                .deed(by: "anna", .verb(.reboot), of: "web"), .managerDies, .clockJumps(.seconds(-86_400)), .faults("answer-lost", 300),
                .expectState(of: "web", .failed), .expectRefused(.stateForbids), .expectClean,
                .deed(by: "anna", .resize(2), of: "web"), .deed(by: "anna", .checkpoint("before"), of: "web"),
                .deed(by: "anna", .returnTo("before"), of: "web"), .deed(by: "anna", .saveAs("golden"), of: "web"),
                .deed(by: "anna", .attach("data"), of: "web"), .deed(by: "anna", .detach("data"), of: "web"), .cancel(by: "anna"),
                .agent(of: "web", .hangs), .memoryLost(of: "web"), .diskFull(of: "web"), .store(of: "host-1", isFull: true),
                .store(of: "host-1", isFull: false), .reach("host-1", .mute), .reach("host-2", .slow), .expectEnd(.state(.undone)),
                .expectEnd(.failed(.guestEnded)), .expectRevisions(of: "golden", 1), .signIn("anna"), .recordDamaged(of: "web"),
                .expectSignedIn("anna"), .reach("host-1", .deaf),
            ])
        #expect(story.sentences.map(\.line) == [2, 3, 4] + Array(6...39))
    }

    @Test(arguments: [
        ("hosts", "1:6: a number is due here"), ("hosts many", "1:7: a number from 1 to 10 is due here"),
        ("hosts 2 3", "1:9: the sentence ends before “3”"), ("\n\n  anna", "3:7: what “anna” does, or “is” is due here"),
        ("anna jumps web", "1:6: “jumps” is no deed"), ("wait 3 weeks", "1:8: “weeks” cannot stand here"),
        ("the world ends", "1:5: “world” cannot stand here"), ("expect web flying", "1:12: “flying” cannot stand here"),
        ("expect refused nonsense", "1:16: there is no error “nonsense”"), ("anna launches tiny to web", "1:20: “to” cannot stand here"),
        ("faults gremlins 3", "1:8: “gremlins” cannot stand here"), ("hosts 2 # two\nwait 2 s s", "2:10: the sentence ends before “s”"),
        ("wait 99999999999 s", "1:6: a whole number of at most a million is due here"),
    ])
    func aMistakeHasItsPlace(_ text: String, _ said: String) {
        let mistake = #expect(throws: Scenario.Mistake.self) { try Scenario(text) }
        #expect(mistake?.description.hasPrefix(said) == true, "\(String(describing: mistake))")
    }

    private static let beginning = "hosts 2\ntemplate tiny on host-1\npeople anna\nanna launches tiny as web\n"

    /// A name that stands for nothing is found where it stands, before anything begins; a mistake in words comes first.
    @Test(arguments: [
        ("bela starts web", "5:1: there is no person “bela” here; there are admin, anna"),
        ("anna starts wbe", "5:13: there is no machine “wbe” here; there are web"),
        ("anna launches big as mail", "5:15: there is no template “big” here; there are tiny"),
        ("anna returns web to before", "5:21: there is no checkpoint “before” here; there is none yet"),
        ("anna detaches data from web", "5:15: there is no disk “data” here"),
        ("expect mail running", "5:8: there is no machine “mail” here"), ("expect 1 of golden", "5:13: there is no template “golden”"),
        ("expect bela signed-in", "5:8: there is no person “bela”"), ("mail is killed", "5:1: there is no machine “mail”"),
        ("the agent of mail hangs", "5:14: there is no machine “mail”"), ("the memory of mail is lost", "5:15: there is no machine “mail”"),
        ("host-9 is cut off", "5:1: there is no host “host-9”; there are host-1 to host-2"),
        ("host--1 is deaf", "5:1: there is no host “host--1”"), ("host-+1 is deaf", "5:1: there is no host “host-+1”"),
        ("host-0 is deaf", "5:1: there is no host “host-0”"), ("1 is deaf", "5:1: there is no host “1”"),
        ("host-01 reboots", "5:1: there is no host “host-01”"),
        ("host-99999999999999999999 is back", "5:1: there is no host “host-99999999999999999999”"),
        // The fifty bits of an id are those of host-1.
        ("host-1125899906842625 is mute", "5:1: there is no host “host-1125899906842625”"),
        ("the store of host-3 is full", "5:14: there is no host “host-3”"), ("template other on host-3", "5:19: there is no host “host-3”"),
        ("template other on host--1", "5:19: there is no host “host--1”"),
        ("template tiny on host-2", "5:10: there is a template “tiny” already"),
        ("people bela Cili", "5:13: “Cili” is no login"), ("people anna", "5:8: “anna” is there already"),
        ("people admin", "5:8: “admin” is there already"), ("hosts 2", "5:1: how many hosts there are is said once"),
        ("anna checkpoints web as \(String(repeating: "x", count: 121))", "5:25: a name has at most 120 characters"),
        ("anna launches tiny as \u{202E}x", "5:23: a name has no control characters"),
        ("wait -5 s", "5:6: nobody waits for the past"), ("expect -1 of tiny", "5:8: a number from 0 to 100000 is due here"),
        ("bela jumps wbe", "5:6: “jumps” is no deed"), ("expect 99999999999999999999 of tiny", "5:8: a number from 0 to 100000"),
        ("wait 23 h\nwait 61 min", "6:6: all that a story waits is a day at most"), ("wait 1000 d", "5:6: all that a story waits"),
        ("anna launches tiny as the", "5:23: “the” begins sentences of another kind"), ("people wait", "5:8: “wait” begins sentences"),
        ("anna launches tiny as host-1", "5:23: “host-1” is a host's name"),
    ])
    func aNameThatStandsForNothingHasItsPlace(_ sentence: String, _ said: String) {
        let mistake = #expect(throws: Scenario.Mistake.self) { try Scenario(Self.beginning + sentence + "\nexpect clean") }
        #expect(mistake?.description.hasPrefix(said) == true, "\(String(describing: mistake))")
    }

    @Test(arguments: [
        ("template tiny on host-1", "1:18: “hosts” comes before “host-1”"), ("people anna", "1:8: “hosts” comes before people"),
        ("hosts 46", "1:7: a number from 1 to 10 is due here"), ("", "1:1: there is no sentence here"),
        ("# A remark.\n\n", "1:1: there is no sentence here"), ("hosts\t2\n\tpeople\u{A0}anna\tAnna", "2:14: “Anna” is no login"),
        ("hosts 2\npeople anna\nanna cancels", "3:6: nobody has asked for anything"),
        ("hosts 1\nexpect done", "2:8: nobody has asked for anything"), ("hosts 1\nexpect failed busy", "2:8: nobody has asked"),
        ("hosts 1\nexpect refused busy", "2:8: nobody has asked for anything"),
        // Lines of a file of Windows: the last one is the fourth, and is not swallowed by the remark.
        ("# A remark.\r\nhosts 1\r\npeople anna\r\nanna jumps web\r\n", "4:6: “jumps” is no deed"),
    ])
    func whatIsNotThereYetHasItsPlace(_ text: String, _ said: String) {
        let mistake = #expect(throws: Scenario.Mistake.self) { try Scenario(text) }
        #expect(mistake?.description.hasPrefix(said) == true, "\(String(describing: mistake))")
    }

    // MARK: Told

    private func unmet(_ sentences: String) throws -> ScenarioTeller.Unmet? {
        let story = try Scenario(Self.beginning + sentences)
        let disk = try SQLiteMemoryStore()
        return #expect(throws: ScenarioTeller.Unmet.self) { try ScenarioTeller(story).tell(on: { try disk.reopened() }) }
    }

    /// Whatever cannot be told has its line: what was refused, and where no manager lives.
    @Test func whatCannotBeToldHasItsLine() throws {
        let dead = try unmet("the manager dies\nwait 500 ms\nexpect web running")
        #expect(dead?.description.hasPrefix("line 7: no manager lives at this moment") == true, "\(String(describing: dead))")
        let early = try unmet("wait 30 s\nexpect anna signed-in")
        #expect(early?.description.hasPrefix("line 6: it was refused: ") == true, "\(String(describing: early))")
    }

    /// What is expected of a deed is not judged by the one before.
    @Test func aDeedThatWasRefusedIsTheLastAllTheSame() throws {
        for end in ["expect done", "expect undone", "expect failed busy", "anna cancels"] {
            let unmet = try unmet("wait 30 s\nanna suspends web\nwait 30 s\nexpect done\nanna pauses web\n\(end)")
            #expect(unmet?.description == "line 10: the last deed was refused: state-forbids")
        }
        let silent = try unmet("wait 30 s\nanna suspends web\nwait 30 s\nthe manager dies\nanna wakes web\nexpect done")
        #expect(silent?.description == "line 10: the last deed was not answered")
        let taken = try unmet("wait 30 s\nthe manager dies\nanna suspends web\nexpect refused busy")
        #expect(taken?.description == "line 8: the last deed was not answered")
    }

    /// Records and hosts agree, and nothing is open, when the time of a destroyed machine's disk is over and its room is needed: then its host is
    /// told so.
    @Test func aStoryIsCleanWhereNobodyIsToldAnything() throws {
        let told = try unmet("wait 30 s\nanna destroys web\nwait 15 s\nthe store of host-1 is full\nthe clock jumps 8 d\nexpect clean")
        #expect(told?.line == 10 && told?.found.hasPrefix("I40 is broken: ") == true, "\(String(describing: told))")
        let open = try unmet("wait 1 s\nexpect clean")
        #expect(open?.found.contains("I42 is broken: ") == true, "\(String(describing: open))")
    }

    /// Times as far as the language has them, forward and back: nothing traps.
    @Test func theClockJumpsAsFarAsItCan() throws {
        let story = try Scenario(
            "hosts 10\nthe clock jumps 1000000 d\nwait 2 s\nthe clock jumps -1000000 d\nthe clock jumps -1000000 d\nwait 2 s\nthe manager dies\nwait 2 s"
        )
        let disk = try SQLiteMemoryStore()
        let log = try ScenarioTeller(story).tell(on: { try disk.reopened() })
        #expect(log.contains { $0.hasSuffix("> the manager dies") })
    }

    /// The library refuses what the language does, and traps nowhere.
    @Test func moreHostsThanThereAreNetworksAreRefused() throws {
        #expect(SimulatedCloud.host(-1) == SimulatedCloud.host(0) && SimulatedCloud.network(.min) == SimulatedCloud.network(.max))
        #expect(
            Set((1...46).map(SimulatedCloud.host)).count == 46 && !(1...46).contains { SimulatedCloud.host($0) == SimulatedCloud.host(-1) })
        let disk = try SQLiteMemoryStore()
        let refusal = #expect(throws: CloudError.self) { try Campus(hosts: 46, instances: 1, on: { try disk.reopened() }) }
        #expect(refusal?.code == .invalidField)
    }
}
