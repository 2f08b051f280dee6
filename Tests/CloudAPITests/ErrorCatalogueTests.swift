// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Foundation
import Testing

@testable import CloudAPI

@Suite struct ErrorCatalogueTests {
    @Test(arguments: ErrorCode.allCases) func everyCodeHasARowAndATextInEachLanguage(_ code: ErrorCode) {
        #expect((400..<600).contains(ErrorCatalogue.status(of: code)))
        #expect(ErrorCatalogue.type(of: code) == "/v1/errors/" + code.rawValue)
        for language in Language.allCases {
            let text = ErrorCatalogue.text(of: code, in: language)
            #expect(!text.title.isEmpty && !text.detail.isEmpty && !text.next.isEmpty)
            #expect(text.detail.hasSuffix(".") || text.detail.hasSuffix("}"))
        }
        #expect(ErrorCatalogue.text(of: code, in: .english) != ErrorCatalogue.text(of: code, in: .hungarian))
    }

    @Test(arguments: ErrorCode.allCases) func aTextMentionsOnlyParametersOfItsCode(_ code: ErrorCode) {
        let known = Set(ErrorCatalogue.parameters(of: code))
        for language in Language.allCases {
            let text = ErrorCatalogue.text(of: code, in: language)
            for part in [text.detail, text.next] { #expect(mentioned(part).subtracting(known).isEmpty) }
            #expect(mentioned(text.title).isEmpty)
        }
        let english = ErrorCatalogue.text(of: code, in: .english)
        let hungarian = ErrorCatalogue.text(of: code, in: .hungarian)
        #expect(mentioned(english.detail) == mentioned(hungarian.detail))
        #expect(mentioned(english.detail + english.next).isSuperset(of: known), "a parameter that no text mentions is lost to people")
    }

    /// The doc comment of each code is where the throwing side reads what to fill in: it and the catalogue say the same.
    @Test func theParametersAreThoseOfTheModelsDocumentation() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/CloudCore/CloudModel/ErrorCode.swift")
        var documented: [String: Set<String>] = [:]
        var comment = ""
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("///") {
                comment += " " + line.dropFirst(3)
            } else if line.hasPrefix("case ") {
                let code = try #require(line.split(separator: "\"").last.map(String.init))
                let list = comment.split(separator: ": ").dropFirst().joined(separator: ": ")
                let plain = list.replacing(try Regex("\\([^)]*\\)"), with: "")
                documented[code] = Set(
                    plain.split(separator: "`").enumerated().filter { $0.offset % 2 == (plain.hasPrefix("`") ? 0 : 1) }
                        .map { String($0.element) })
                comment = ""
            } else {
                comment = ""
            }
        }
        for code in ErrorCode.allCases {
            #expect(documented[code.rawValue] == Set(ErrorCatalogue.parameters(of: code)), "\(code.rawValue)")
        }
    }

    @Test func reasonsOfTheReaderAreKnownInHungarian() {
        for reason in StrictJSON.Reason.allCases.map(\.rawValue) + JSONShape.Reason.allCases.map(\.rawValue) {
            #expect(ErrorCatalogue.fill("{reason}", ["reason": reason], in: .hungarian) != reason)
        }
    }

    @Test(arguments: [
        ("a number from 1 to 500 is due here", "itt 1 és 500 közötti számnak kell állnia"),
        ("at most 2 items are due here, not 3", "itt legföljebb 2 elem állhat, nem 3"),
        ("one of these is due here: qcow2, raw", "ezek egyikének kell itt állnia: qcow2, raw"),
        ("x is no id that begins with vm-", "x: ez nem olyan azonosító, amely így kezdődik: vm-"),
        ("a batch has 1 to x", "a batch has 1 to x"),
        ("a number from 1 to 2 is due here, or so", "a number from 1 to 2 is due here, or so"),
    ])
    func reasonsWithValuesAreKnownInHungarian(_ english: String, _ hungarian: String) {
        #expect(ErrorCatalogue.fill("{reason}", ["reason": english], in: .hungarian) == hungarian)
        #expect(ErrorCatalogue.fill("{reason}", ["reason": english], in: .english) == english)
    }

    @Test func aRightThatComesWithARoleIsNotToBeHadOfAnOwner() {
        func next(_ needed: String, _ language: Language) -> String {
            Problem(CloudError(.denied, ["verb": "resize", "object": "vm-1", "needed": needed]), in: language).next
        }
        for language in Language.allCases {
            let said = next("set-resources", language)
            #expect(said.contains("set-resources") && said.contains("teacher, site-operator") && !said.contains("…"), "\(said)")
            #expect(next("operate-hosts", language).contains("(site-operator)"))
            #expect(next("operator", language) == ErrorCatalogue.text(of: .denied, in: language).next, "an owner gives a level")
        }
        #expect(next("set-resources", .english).contains("no owner can give") && next("operator", .english).contains("owner of the object"))
    }

    @Test(arguments: Language.allCases) func aPartThatThereIsNoneOfIsNoAddress(language: Language) {
        let details = InstancePart.allCases.map { part in
            Problem(CloudError(.notFound, ["object": "vm-0000000000000000001a/\(part.rawValue)"]), in: language)
        }
        #expect(details.allSatisfy { $0.detail.contains("vm-0000000000000000001a") && !$0.detail.contains("/") }, "\(details)")
        #expect(Set(details.map(\.detail)).count == InstancePart.allCases.count && Set(details.map(\.next)).count == 1)
        let revision = Problem(CloudError(.notFound, ["object": "tmpl-1/3"]), in: language)
        #expect(revision.detail.contains("tmpl-1/3") && revision.next != details[0].next)
    }

    @Test(arguments: Language.allCases) func anAddressThatIsNoneLeadsToTheList(language: Language) {
        let next = { (object: String) in Problem(CloudError(.notFound, ["object": object]), in: language).next }
        #expect(next("/v1/nope").contains("/v1/openapi.yaml") && !next("vm-1").contains("openapi"))
    }

    @Test(arguments: Language.allCases) func aResizeOfWhatRunsNamesTheRestart(language: Language) {
        let next = { (state: String) in
            Problem(CloudError(.stateForbids, ["verb": "resize", "state": state, "object": "vm-1", "allowed": "stopped"]), in: language)
                .next
        }
        #expect(next("running").contains("--restart") && next("running").contains("true") && !next("paused").contains("restart"))
    }

    @Test func aRetiredTemplateIsSaidToBeSo() {
        let refusal = CloudError(.notPublished, ["template": "tmpl-1", "drafts": "none, its revisions are retired"])
        let (english, hungarian) = (Problem(refusal, in: .english), Problem(refusal, in: .hungarian))
        #expect(english.detail == "No revision of tmpl-1 is in production; its drafts: none, its revisions are retired.")
        #expect(hungarian.detail == "A(z) tmpl-1 sablonnak nincs közzétett változata; vázlatai: nincs, a változatai visszavontak.")
        #expect(english.status == 409 && english.next.contains("lyceum template publish"))
    }

    @Test(arguments: Language.allCases) func whatIsInTheTrashIsToBeTakenOutOfItFirst(language: Language) {
        let next = { (state: String, verb: Verb) in
            Problem(
                CloudError(.stateForbids, ["verb": verb.rawValue, "state": state, "object": "vm-1", "allowed": "stopped"]), in: language
            ).next
        }
        #expect(
            next("destroyed", .start).contains("lyceum instance recover vm-1")
                && next("destroyed", .start).contains("POST /v1/instances/vm-1/recover"))
        #expect(!next("running", .start).contains("recover") && !next("destroyed", .destroy).contains("recover"))
    }

    /// A store that somebody else found full: without figures, and in the caller's language all the same.
    @Test(arguments: [
        "of the host", "more room", "too little", "an unknown amount", "none that you may have", "none, its revisions are retired",
        "attached", "detached", "attached to this machine", "attached to another machine",
    ])
    func wordsInsteadOfFiguresAreKnownInHungarian(_ words: String) {
        #expect(ErrorCatalogue.fill("{x}", ["x": words], in: .hungarian) != words)
    }

    @Test func whatIsAnotherAfterARecoveryIsSaidInEachLanguage() throws {
        let body = { (language: Language) in
            RecoveredBody(
                name: "running", hostname: "vm-*", address: "10.7.0.9",
                lostPorts: [LostPortBody(network: try #require(ID("net-1")), address: "10.8.0.2", hostname: "b")],
                detachedDisks: [try #require(ID("disk-1"))], lostMemory: true,
                lostPublicPorts: [LostPublicPortBody(publicPort: 20_001, protocol: "tcp", targetPort: 22)], in: language)
        }
        #expect(
            try body(.english).detail == "its name is running now; its host name is vm-* now; its address is 10.7.0.9 now; "
                + "it has lost these ports: b (10.8.0.2, net-1); these public ports lead to it no more: 20001/tcp (22); these disks are no longer attached: disk-1; its memory that was saved is gone"
        )
        #expect(
            try body(.hungarian).detail == "a neve most running; a gépneve most vm-*; a címe most 10.7.0.9; "
                + "ezek a portjai elvesztek: b (10.8.0.2, net-1); ezek a nyilvános portok már nem hozzá vezetnek: 20001/tcp (22); ezek a lemezek már nincsenek csatolva: disk-1; a mentett memóriája elveszett"
        )
        #expect(RecoveredBody(name: nil, hostname: nil, address: nil, in: .english).detail == nil)
    }

    @Test func aMegabyteOfACallersWordsDoesNotComeBack() {
        let problem = Problem(CloudError(.notFound, ["object": String(repeating: "x", count: 1 << 20)]), in: .english)
        #expect(problem.detail.count < 400 && (problem.parameters["object"]?.count ?? 0) < 400)
    }

    @Test func aParameterIsNeverReadAsATemplate() {
        let error = CloudError(.nameTaken, ["name": "{proposal}", "proposal": "x"])
        #expect(Problem(error, in: .english).detail == "“{proposal}” is already used.")
        #expect(ErrorCatalogue.fill("a {b", [:], in: .english) == "a {b")
        #expect(ErrorCatalogue.fill("{lost}", [:], in: .english) == "…")
    }

    @Test func theDetailForTheLogNeverLeaves() throws {
        let problem = Problem(CloudError(.internalFault, ["part": "host"], detail: "secret words"), in: .english, requestId: "r1")
        #expect(!String(decoding: try APICoding.encode(problem), as: UTF8.self).contains("secret"))
    }

    private func mentioned(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap {
                $0.split(separator: "}").first.map(String.init)
            }
            .filter { text.contains("{\($0)}") })
    }
}
