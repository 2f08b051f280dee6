// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudSimulation
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
        ("hosts", "1:6: a number is due here"), ("hosts many", "1:7: a number from 1 to 64 is due here"),
        ("hosts 2 3", "1:9: the sentence ends before “3”"), ("\n\n  anna", "3:7: what “anna” does, or “is” is due here"),
        ("anna jumps web", "1:6: “jumps” is no deed"), ("wait 3 weeks", "1:8: “weeks” cannot stand here"),
        ("the world ends", "1:5: “world” cannot stand here"), ("expect web flying", "1:12: “flying” cannot stand here"),
        ("expect refused nonsense", "1:16: there is no such error"), ("anna launches tiny to web", "1:20: “to” cannot stand here"),
        ("faults gremlins 3", "1:8: “gremlins” cannot stand here"), ("hosts 2 # two\nwait 2 s s", "2:10: the sentence ends before “s”"),
        ("wait 99999999999 s", "1:6: a whole number of at most a million is due here"),
    ])
    func aMistakeHasItsPlace(_ text: String, _ said: String) {
        let mistake = #expect(throws: Scenario.Mistake.self) { try Scenario(text) }
        #expect(mistake?.description.hasPrefix(said) == true, "\(String(describing: mistake))")
    }
}
