// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudTesting
import Foundation
import Testing

@Suite("Every operation of the cloud passes the checks", .serialized)
struct OperationChecksTests {
    @Test("no kind is left out")
    func coverage() throws {
        try OperationCoverage.requireAll(Cloud.kinds.names, covered: CloudCase.all.map(\.kind))
    }

    /// All of them; LYCEUM_CASES names by a part of their descriptions, divided by commas, those that are to be repeated.
    static var cases: [CloudCase] {
        guard let named = ProcessInfo.processInfo.environment["LYCEUM_CASES"]?.split(separator: ",") else { return CloudCase.all }
        return CloudCase.all.filter { known in named.contains { known.description.contains($0) } }
    }

    @Test("whatever is done to it at any point", arguments: cases)
    func check(_ operation: CloudCase) async throws {
        for violation in try await operation.violations() { Issue.record(violation) }
    }
}
