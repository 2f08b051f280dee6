// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    import Glibc
    import Subprocess
    import SystemPackage

    /// Finds out what acceleration guests can really have on this host.
    ///
    /// That `/dev/kvm` is there proves nothing: on some hosts a guest on it hangs for ever, on others an emulator stands behind it. So a
    /// guest of 512 bytes is started on it. It has a time limit, which also holds where this process is gone by then, and whatever goes
    /// wrong, the answer is emulation. The answer is kept until the next boot of the host, or until QEMU or the device is another one.
    public struct AccelerationProbe: Sendable {
        /// What was found.
        public struct Finding: Hashable, Sendable {
            /// How processors of guests are to run.
            public let acceleration: Acceleration
            /// Why, as a sentence for the log.
            public let sentence: String
            /// Whether it holds until the next boot; what a QEMU that could not start says does not.
            var isKept = true
        }

        private let memory: String
        private let program: String
        private let device: String
        private let accelerator: String
        private let limit: Duration
        private let clock: any Clock<Duration>
        private let bootID: String

        /// A probe.
        /// - Parameters:
        ///   - memory: the file that keeps the answer, in a folder that is there.
        ///   - limit: how long the guest has for its word.
        ///   - clock: what the limit is measured by.
        /// - Throws: `internal-fault` where the host has no boot id.
        public init(memory: String, limit: Duration = .seconds(10), clock: any Clock<Duration> = ContinuousClock()) throws(CloudError) {
            self.init(
                memory: memory, program: "/usr/bin/qemu-system-x86_64", device: "/dev/kvm", limit: limit, clock: clock,
                bootID: try HostBoot.id())
        }

        init(
            memory: String, program: String, device: String, accelerator: String = "kvm", limit: Duration, clock: any Clock<Duration>,
            bootID: String
        ) {
            self.memory = memory
            self.program = program
            self.device = device
            self.accelerator = accelerator
            self.limit = limit
            self.clock = clock
            self.bootID = bootID
        }

        /// What an administrator's word means: `kvm` and `emulation` are taken as they are, `auto` asks the host.
        ///
        /// Throws `invalid-field` for any other word, and as ``find()``.
        public func decide(_ setting: String) async throws -> Finding {
            if setting == "auto" { return try await find() }
            guard let acceleration = Acceleration(rawValue: setting) else {
                throw CloudError(.invalidField, ["pointer": "host.acceleration", "reason": "auto, kvm or emulation"])
            }
            return Finding(acceleration: acceleration, sentence: "guests run by \(setting), as the configuration says")
        }

        /// Asks the host, or what it answered since its boot. A repeat is harmless. Throws `disk-full` or `internal-fault` where the
        /// answer cannot be kept, and cancellation; nothing that the guest does or leaves undone is thrown.
        public func find() async throws -> Finding {
            guard access(program, X_OK) == 0, access(device, R_OK | W_OK) == 0 else {
                return Finding(acceleration: .emulation, sentence: "guests run in software: there is no \(device) that QEMU could use here")
            }
            let question = "\(bootID) \(Self.identity(program)) \(Self.identity(device))"
            if let known = try remembered(question) { return known }
            let found = try await ask()
            // Kept is what is dear or dangerous to ask again; a QEMU that could not start is asked at the next start.
            guard found.isKept else { return found }
            let text = [question, found.acceleration.rawValue, found.sentence].joined(separator: "\n")
            try DurableFiles.write(Array(text.utf8), to: memory, durable: false)
            return found
        }

        private func remembered(_ question: String) throws(CloudError) -> Finding? {
            guard let bytes = try DurableFiles.read(memory) else { return nil }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            guard lines.count == 3, lines[0] == question, let known = Acceleration(rawValue: String(lines[1])) else { return nil }
            return Finding(acceleration: known, sentence: "\(lines[2]) (found at an earlier start since this boot)")
        }

        private func ask() async throws -> Finding {
            let disk = memory + ".disk"
            try DurableFiles.write(ProbeGuest.disk, to: disk, durable: false)
            let outcome: Outcome
            do { outcome = try await run(disk) } catch {
                try DurableFiles.remove(disk)
                throw error
            }
            try DurableFiles.remove(disk)
            switch outcome {
            case .said(let text) where text.contains(ProbeGuest.word):
                return Finding(acceleration: .kvm, sentence: "guests run on \(device): a probe guest ran on it")
            case .said:
                return Finding(
                    acceleration: .emulation, sentence: "guests run in software: a probe guest on \(device) ended without its word",
                    isKept: false)
            case .failed(let reason):
                return Finding(
                    acceleration: .emulation, sentence: "guests run in software: no probe guest on \(device): \(reason)", isKept: false)
            case .silent:
                return Finding(
                    acceleration: .emulation,
                    sentence: "guests run in software: a probe guest on \(device) gave no sign within \(limit.components.seconds) s; hide "
                        + "the device from libvirtd (a mount namespace without it), or libvirtd tries it again and again and is slow")
            }
        }

        private enum Outcome: Sendable {
            case said(String)
            case failed(String)
            case silent
        }

        private func run(_ disk: String) async throws -> Outcome {
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                group.addTask {
                    do {
                        let command = command(disk: disk)
                        let result = try await Subprocess.run(
                            .path(.init(command[0])), arguments: .init(Array(command.dropFirst())),
                            environment: .custom(["LC_ALL": "C.UTF-8"]), platformOptions: Self.together, output: .string(limit: 4096),
                            error: .discarded)
                        return .said(result.standardOutput)
                    } catch let error as SubprocessError {
                        return .failed("\(error)".split(separator: "\n").first.map(String.init) ?? "QEMU does not start")
                    }
                }
                group.addTask {
                    try await clock.sleep(for: limit)
                    return .silent
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .silent
            }
        }

        /// The guest with an end of its own (timeout(1)): a manager that is killed ends no child, and a guest that hangs would hold the
        /// device until the next boot. A second behind the limit, so that it decides nothing while this process lives.
        func command(disk: String) -> [String] {
            let seconds = limit.components.seconds + (limit.components.attoseconds > 0 ? 2 : 1)
            return ["/usr/bin/timeout", "--signal=KILL", "\(seconds)", program] + ProbeGuest.arguments(disk: disk, accelerator: accelerator)
        }

        /// timeout and QEMU are ended together: QEMU alone would go on where only the other is killed.
        private static var together: PlatformOptions {
            var options = PlatformOptions()
            options.createSession = true
            options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))]
            return options
        }

        /// What tells one program, or one device, from another.
        private static func identity(_ path: String) -> String {
            var info = stat()
            guard stat(path, &info) == 0 else { return "none" }
            return "\(info.st_ino).\(info.st_size).\(info.st_mtim.tv_sec).\(info.st_rdev)"
        }
    }
#endif
