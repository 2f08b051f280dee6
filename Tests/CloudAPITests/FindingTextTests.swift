// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@testable import CloudAPI

/// What is said about findings, in each language.
@Suite struct FindingTextTests {
    /// What the doc comment of each check says that it carries.
    private static let parameters: [HostFinding.Check: Set<String>] = [
        .acceleration: [], .cacheCap: ["count", "machines"], .clock: ["milliseconds"], .datapath: ["types"],
        .defineTime: ["milliseconds", "limit"], .hypervisor: ["reason"], .kvmUnused: [], .programs: ["missing"],
        .reaping: ["milliseconds", "limit"], .room: ["free", "total", "percent", "kept"], .switching: ["reason"],
    ]

    @Test(arguments: HostFinding.Check.allCases) func everyCheckHasItsTexts(_ check: HostFinding.Check) throws {
        let known = try #require(Self.parameters[check])
        for grade in HostFinding.Grade.allCases {
            let finding = HostFinding(check, grade)
            let texts = Language.allCases.map { FindingText(finding, in: $0) }
            #expect(texts[0].says != texts[1].says && texts[0].remedy.map { $0 != texts[1].remedy } ?? true, "one is not translated")
            for text in texts {
                #expect((text.remedy == nil) == (grade == .fine), "a remedy is for what is not fine")
                let mentioned = (text.says + (text.remedy ?? "")).matches(of: #/\{(\w+)\}/#).map { String($0.1) }
                #expect(Set(mentioned).isSubset(of: known), "\(check.rawValue): \(mentioned)")
            }
            let body = FindingBody(
                HostFinding(check, grade, Dictionary(uniqueKeysWithValues: known.map { ($0, "17") })), in: .english)
            #expect(!body.says.contains("…") && !body.says.contains("{") && body.remedy?.contains("…") != true)
        }
    }
}
