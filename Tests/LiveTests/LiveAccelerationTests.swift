// SPDX-License-Identifier: Apache-2.0

#if Libvirt
    import Foundation
    import Testing

    @testable import HypervisorLibvirt

    /// The probe's guest on the real QEMU, and the probe on this host.
    @Suite(.enabled(if: LiveHost.isPrivate, "needs Scripts/private-host"))
    struct LiveAccelerationTests {
        private func probe(_ files: LiveDirectory, accelerator: String, device: String, limit: Duration) -> AccelerationProbe {
            AccelerationProbe(
                memory: files.path("answer"), program: "/usr/bin/qemu-system-x86_64", device: device, accelerator: accelerator,
                limit: limit, clock: ContinuousClock(), bootID: "live")
        }

        // QEMU's software emulation plays the processor: 512 bytes reach 64-bit mode, count, speak, and end QEMU.
        @Test func theGuestSaysItsWordWhereSomethingRunsIt() async throws {
            let files = try LiveDirectory()
            let found = try await probe(files, accelerator: "tcg", device: "/dev/null", limit: .seconds(60)).find()
            #expect(found.acceleration == .kvm, "\(found.sentence)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: files.root) == ["answer"])
        }

        @Test func withoutTimeOrAcceleratorItIsSoftware() async throws {
            let files = try LiveDirectory()
            let hasty = try await probe(files, accelerator: "tcg", device: "/dev/null", limit: .milliseconds(1)).find()
            #expect(hasty.acceleration == .emulation && hasty.sentence.contains("no sign"))
            let others = try LiveDirectory()
            let found = try await probe(others, accelerator: "none-such", device: "/dev/null", limit: .seconds(60)).find()
            #expect(found.acceleration == .emulation && found.sentence.contains("without its word"))
        }

        @Test func thisHostIsAsTheScriptFoundIt() async throws {
            let files = try LiveDirectory()
            let script = try #require(ProcessInfo.processInfo.environment["LYCEUM_ACCELERATION"])
            let found = try await AccelerationProbe(memory: files.path("answer")).find()
            #expect(found.acceleration == (script == "kvm" ? .kvm : .emulation))
        }
    }
#endif
