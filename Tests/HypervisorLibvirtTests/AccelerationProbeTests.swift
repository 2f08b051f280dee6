// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Foundation
    import Glibc
    import Testing

    @testable import HypervisorLibvirt

    /// A host is believed only after a guest has said its word; whatever else happens, guests run in software.
    @Suite struct AccelerationProbeTests {
        @Test func aGuestThatSpeaksIsBelieved() async throws {
            let host = try FakeHost("printf kvm; exit 33")
            let found = try await host.probe().find()
            #expect(found.acceleration == .kvm)
            #expect(try host.starts() == 1)
            let said = try host.text("arguments")
            #expect(said.contains("-accel\nkvm\n") && said.contains("readonly") == false && said.contains("read-only=on"))
            // The disk goes with the guest.
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: host.folder).sorted() == [
                    "answer", "arguments", "device", "qemu", "starts",
                ])
        }

        @Test(arguments: ["exit 1", "exit 0", "printf tcg", "kill -9 $$", "printf kv"]) func anyOtherEndIsNot(_ script: String) async throws
        {
            let found = try await FakeHost(script).probe().find()
            #expect(found.acceleration == .emulation && found.sentence.contains("in software"))
        }

        @Test func aGuestThatHangsIsEndedInTime() async throws {
            let host = try FakeHost("echo $$ >$folder/pid; exec sleep 60")
            let clock = ContinuousClock()
            let began = clock.now
            let found = try await host.probe(limit: .milliseconds(300)).find()
            // Well before its own minute, however busy the machine is.
            #expect(clock.now - began < .seconds(50))
            #expect(found.acceleration == .emulation && found.sentence.contains("no sign"))
            let process = try #require(pid_t(try host.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(try await host.ends(process), "the guest lives on")
        }

        // As after the end of the manager: nobody is there who would end it.
        @Test func aGuestThatNobodyWaitsForEndsByItself() async throws {
            let host = try FakeHost("trap '' TERM HUP; echo $$ >$folder/pid; while :; do sleep 1; done")
            let command = host.probe(limit: .zero).command(disk: host.folder + "/disk")
            // On a busy machine its time is over before it has said who it is; then it is begun once more.
            for _ in 0..<20 where !FileManager.default.fileExists(atPath: host.folder + "/pid") {
                let orphan = Process()
                orphan.executableURL = URL(fileURLWithPath: command[0])
                orphan.arguments = Array(command.dropFirst())
                try orphan.run()
                orphan.waitUntilExit()
            }
            let process = try #require(pid_t(try host.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(try await host.ends(process), "the guest lives on")
        }

        @Test func aSlowWordDoesNotCount() async throws {
            let found = try await FakeHost("sleep 60; printf kvm").probe(limit: .milliseconds(300)).find()
            #expect(found.acceleration == .emulation)
        }

        @Test func whatIsMissingIsNotStarted() async throws {
            let host = try FakeHost("printf kvm")
            try FileManager.default.removeItem(atPath: host.folder + "/device")
            #expect(try await host.probe().find().acceleration == .emulation)
            #expect(try host.starts() == 0)
        }

        @Test func theAnswerIsKeptUntilTheNextBoot() async throws {
            let host = try FakeHost("printf kvm")
            let first = try await host.probe().find()
            let second = try await host.probe().find()
            #expect(first.acceleration == second.acceleration && second.sentence.hasPrefix(first.sentence))
            #expect(try host.starts() == 1)
            _ = try await host.probe(boot: "boot-2").find()
            #expect(try host.starts() == 2)
            try host.write("device", "another")
            _ = try await host.probe(boot: "boot-2").find()
            #expect(try host.starts() == 3)
        }

        @Test(arguments: ["", "kvm", "boot-1\nkvm\nyes", "\u{0}\u{FF}\n\n\n\n"]) func aBrokenMemoryIsNoAnswer(_ text: String) async throws {
            let host = try FakeHost("exit 1")
            try host.write("answer", text)
            #expect(try await host.probe().find().acceleration == .emulation)
            #expect(try host.starts() == 1)
        }

        @Test func anAdministratorsWordIsTaken() async throws {
            let host = try FakeHost("printf kvm")
            #expect(try await host.probe().decide("emulation").acceleration == .emulation)
            #expect(try await host.probe().decide("kvm").acceleration == .kvm)
            #expect(try host.starts() == 0)
            #expect(try await host.probe().decide("auto").acceleration == .kvm)
            await #expect(throws: CloudError(.invalidField, ["pointer": "host.acceleration", "reason": "auto, kvm or emulation"])) {
                try await host.probe().decide("fast")
            }
        }

        @Test func scriptAndLibraryStartTheSameGuest() throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            let script = try String(contentsOf: root.appending(path: "Scripts/probe-acceleration"), encoding: .utf8)
            let code = script.matches(of: #/(?m)^code\+?='([0-9a-f]+)'$/#).map { String($0.1) }.joined()
            #expect(code == ProbeGuest.code)
            #expect(ProbeGuest.disk.count == 1_474_560 && Array(ProbeGuest.disk.prefix(3)) == [0xFA, 0x31, 0xC0])
        }
    }

    /// A program that plays QEMU, and a file that plays the device.
    private final class FakeHost {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-probe-\(UUID().uuidString)").path

        init(_ script: String) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try write("device", "")
            try write("starts", "")
            let text = "#!/bin/sh\nfolder=\(folder)\necho started >>$folder/starts\nprintf '%s\\n' \"$@\" >$folder/arguments\n\(script)\n"
            try write("qemu", text)
            guard chmod(folder + "/qemu", 0o755) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func probe(limit: Duration = .seconds(30), boot: String = "boot-1") -> AccelerationProbe {
            AccelerationProbe(
                memory: folder + "/answer", program: folder + "/qemu", device: folder + "/device", limit: limit, clock: ContinuousClock(),
                bootID: boot)
        }
        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
        /// Whether a process is gone, or waits to be taken note of, within ten seconds: whoever killed it need not be its parent.
        func ends(_ process: pid_t) async throws -> Bool {
            for _ in 0..<1000 {
                guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), !stat.contains(") Z ") else {
                    return true
                }
                try await ContinuousClock().sleep(for: .milliseconds(10))
            }
            return false
        }
        func starts() throws -> Int { try text("starts").split(separator: "\n").count }
    }
#endif
