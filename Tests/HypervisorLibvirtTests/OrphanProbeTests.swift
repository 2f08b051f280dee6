// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Synchronization
    import Testing

    @testable import HypervisorLibvirt

    /// A clock on which nobody waits.
    private struct NoWait: Clock {
        var now: ContinuousClock.Instant { ContinuousClock.now }
        var minimumResolution: Duration { .zero }
        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {}
    }

    @Suite struct OrphanProbeTests {
        /// What the probe sees of a table of processes: a state at each look, and a tenth of a second between two.
        private func probe(seeing states: [Character?], patience: Int64) -> OrphanProbe {
            let looks = Mutex(states[...])
            let ages = Mutex(Int64(0))
            return OrphanProbe(
                clock: NoWait(), patience: patience,
                age: {
                    ages.withLock { age in
                        defer { age += 100 }
                        return age
                    }
                },
                state: { _ in looks.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] } })
        }

        @Test func theTimeIsFromTheEndToTheBurial() async throws {
            // It ran until 200, and was gone at 500.
            #expect(try await probe(seeing: ["S", "R", "Z", "Z", nil], patience: 3000).reapingTime() == 300)
            #expect(try await probe(seeing: [nil], patience: 3000).reapingTime() == 100)
        }

        @Test func oneThatIsNotBuriedIsWaitedForNoLongerThanTheProbeHasPatience() async throws {
            #expect(try await probe(seeing: ["S", "Z"], patience: 1000).reapingTime() == 900)
        }

        @Test(arguments: [Acceleration.kvm, .emulation]) func theTrialDomainIsOneThatLibvirtKnowsAndHasNothing(
            _ acceleration: Acceleration
        ) throws {
            let xml = try TrialDomain(machine: LibvirtMachine(acceleration: acceleration)).xml()
            #expect(!xml.contains("<devices") && xml.contains(acceleration == .kvm ? "type=\"kvm\"" : "type=\"qemu\""))
            if DomainSchema.isHere { try DomainSchema.validate(xml, as: "domain") }
        }
    }
#endif
