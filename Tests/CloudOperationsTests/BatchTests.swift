// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudSimulation
import CloudTesting
import Testing

@Suite("A batch has a stated number of members at most")
struct BatchTests {
    @Test func oneMoreIsRefusedByTheRequestAndByTheVerb() async throws {
        let site = try await Site()
        let most = BatchLimits.instances
        for count in [0, -1, most + 1] {
            let thrown = #expect(throws: CloudError.self) {
                _ = try site.cloud.request(template: site.template, name: "lab-%03d", count: count, by: site.anna)
            }
            #expect(thrown?.code == .invalidField && thrown?.parameters["pointer"] == "/count")
        }
        let whole = try site.cloud.request(template: site.template, name: "lab-%03d", count: most, start: false, by: site.anna)
        #expect(whole.members.count == most && whole.members.last?.name.text == "lab-\(most)")
        // The verb itself does not trust whoever made the request.
        let before = try await site.snapshot(.history)
        let tooMany = CreateInstances(
            by: site.anna, template: site.template, members: whole.members + whole.members.prefix(1), start: false)
        let thrown = await #expect(throws: CloudError.self) { _ = try await site.cloud.perform(tooMany) }
        #expect(thrown?.code == .invalidField)
        #expect(try await before.difference(to: site.snapshot(.history)) == [])
    }
}
