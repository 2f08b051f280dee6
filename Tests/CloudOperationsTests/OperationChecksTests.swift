// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudTesting
import Testing

@Suite("Every operation of the cloud passes the checks", .serialized)
struct OperationChecksTests {
    @Test("no kind is left out")
    func coverage() throws {
        try OperationCoverage.requireAll(Cloud.kinds.names, covered: CloudCase.all.map(\.kind))
    }

    @Test("whatever is done to it at any point", arguments: CloudCase.all)
    func check(_ operation: CloudCase) async throws {
        for violation in try await operation.violations() { Issue.record(violation) }
    }
}
