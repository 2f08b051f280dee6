// SPDX-License-Identifier: Apache-2.0

import CloudTesting
import Testing

@Suite("The checks of operations pass what is sound and find every flaw")
struct OperationChecksTests {
    @Test("a sound operation keeps every rule", arguments: OperationChecks<Order>.Rule.allCases)
    func sound(rule: OperationChecks<Order>.Rule) async throws {
        let worlds = try await OperationChecks.of(nil).check([rule])
        // Each rule is tried often enough to mean something: the operation has 6 steps, 2 commits, a wait.
        let least: [OperationChecks<Order>.Rule: Int] = [
            .crash: 19, .crashTwice: 200, .refusal: 7, .crashWhileUndoing: 40, .refusedUndo: 8, .lostAnswer: 8,
        ]
        #expect(worlds >= least[rule] ?? 0)
    }

    @Test(
        "each flaw breaks the rule that it should",
        arguments: [
            (.chance, .repeatable), (.undoesNothing, .refusal), (.undoFailsOnNothing, .refusal), (.undoToggles, .crashWhileUndoing),
            (.countsTwice, .crash), (.countsTwice, .lostAnswer), (.effectBetweenSteps, .crash), (.looksBetweenSteps, .crash),
            (.saysNothing, .declared), (.swallowsRefusals, .refusal), (.losesOutput, .crash), (.undoesWhatWasThere, .refusal),
            (.leavesRow, .refusal), (.undoesNothing, .cancel), (.countsTwice, .takeover),
        ] as [(Order.Flaw, OperationChecks<Order>.Rule)])
    func flawed(flaw: Order.Flaw, rule: OperationChecks<Order>.Rule) async throws {
        await #expect(throws: ContractViolation.self) { try await OperationChecks.of(flaw).check([rule]) }
    }

    @Test("no flaw passes all rules", arguments: Order.Flaw.allCases)
    func noFlawPasses(flaw: Order.Flaw) async throws {
        await #expect(throws: ContractViolation.self) { try await OperationChecks.of(flaw).check() }
    }

    @Test("a kind without a check is named")
    func coverage() throws {
        try OperationCoverage.requireAll(["a", "b"], covered: ["b", "a", "c"])
        #expect(throws: ContractViolation(rule: "every kind of operation has its checks", detail: "a, d")) {
            try OperationCoverage.requireAll(["d", "b", "a"], covered: ["b"])
        }
    }
}
