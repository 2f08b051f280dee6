// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Testing

@testable import CloudOperations

@Suite struct BatchNamesTests {
    @Test(arguments: [
        ("lab-%02d", "lab-2-%02d"), ("lab", "lab-2-%02d"), ("%d", "-2-%01d"), ("pc%03dx", "pc-2-%03dx"), ("r1-%d", "r1-2-%01d"),
    ])
    func aPatternIsFoundBehindItsNames(_ pattern: String, _ wanted: String) throws {
        for count in [2, 12] {
            let proposal = try #require(BatchNames.pattern(like: try BatchNames.names(pattern, count: count), number: 2))
            #expect(proposal == wanted)
            #expect(try BatchNames.names(proposal, count: count).count == count)
        }
        #expect(BatchNames.pattern(like: try BatchNames.names("lab-%02d", count: 1), number: 2) == nil)
        #expect(BatchNames.pattern(like: [try DisplayName("anna"), try DisplayName("bela")], number: 2) == nil)
    }

    @Test func theProposalForABatchIsAPatternThatIsFree() async throws {
        let site = try await Site()
        func create(_ pattern: String) async throws -> [ID<InstanceKind>] {
            try await site.cloud.perform(site.cloud.request(template: site.template, name: pattern, count: 2, start: false, by: site.anna))
        }
        _ = try await create("lab-%02d")
        for wanted in ["lab-2-%02d", "lab-3-%02d"] {
            let error = await #expect(throws: CloudError.self) { try await create("lab-%02d") }
            #expect(error?.code == .nameTaken && error?.parameters["proposal"] == wanted)
            #expect(try await create(wanted).count == 2)
        }
    }
}
