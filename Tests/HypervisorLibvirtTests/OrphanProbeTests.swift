// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Testing

    @testable import HypervisorLibvirt

    @Suite struct OrphanProbeTests {
        /// Whatever takes orphans in here: the time is one, and no longer than anybody waits.
        @Test func theTimeIsMeasuredAndBounded() async throws {
            let time = try await OrphanProbe(patience: 3000).reapingTime()
            #expect((0...3000).contains(time))
        }

        @Test func oneThatIsNotBuriedIsWaitedForNoLongerThanTheProbeHasPatience() async throws {
            #expect(try await OrphanProbe(patience: 0).reapingTime() <= 10)
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
