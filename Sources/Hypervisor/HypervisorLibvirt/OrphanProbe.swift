// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Subprocess
    import SystemPackage

    /// Measures how long process 1 (or whoever takes orphans in where this process runs) leaves an orphan unburied that has ended.
    ///
    /// QEMU is such an orphan: libvirt waits in every destroy until it is gone from the table of processes, so a process 1 that looks only
    /// every two seconds makes each destroy two seconds long. Measured with a `sleep` that a shell leaves behind.
    public struct OrphanProbe: Sendable {
        private let clock: any Clock<Duration>
        private let patience: Int64
        private let age: @Sendable () -> Int64
        private let state: @Sendable (String) -> Character?

        /// A probe that waits by a clock, at most so many milliseconds.
        public init(clock: any Clock<Duration> = ContinuousClock(), patience: Int64 = 5000) {
            self.init(clock: clock, patience: patience, age: { HostBoot.age() }, state: Self.stateInTable)
        }

        /// A probe that reads the milliseconds since the boot, and the states of processes, elsewhere.
        init(
            clock: any Clock<Duration>, patience: Int64, age: @escaping @Sendable () -> Int64,
            state: @escaping @Sendable (String) -> Character?
        ) {
            self.clock = clock
            self.patience = patience
            self.age = age
            self.state = state
        }

        /// Milliseconds from the orphan's end to its burial; as long as it was waited for where it was not buried until then. Throws
        /// `unavailable` where no orphan could be made, and cancellation. Nothing is left but what process 1 leaves.
        func reapingTime() async throws -> Int64 {
            let said: String
            do {
                let result = try await Subprocess.run(
                    .path("/bin/sh"), arguments: ["-c", "sleep 0.1 & echo $!"], environment: .custom(["PATH": "/usr/bin:/bin"]),
                    input: .none, output: .string(limit: 64), error: .discarded)
                said = result.standardOutput
            } catch let error as SubprocessError {
                try Task.checkCancellation()
                throw CloudError(.unavailable, ["part": "/bin/sh"], detail: "\(error)")
            }
            let digits = said.prefix { $0.isNumber }
            guard !digits.isEmpty else { throw CloudError(.unavailable, ["part": "/bin/sh"], detail: "it left no child: \(said)") }
            let began = age()
            var ended = began
            while let seen = state(String(digits)) {
                let now = age()
                if seen != "Z" { ended = now }
                if now - began >= patience { return now - ended }
                try await clock.sleep(for: .milliseconds(5))
            }
            return age() - ended
        }

        /// The state of the sleep of that number (proc(5), stat): Z is one that ended and is not buried; nil where it is gone.
        private static func stateInTable(of process: String) -> Character? {
            do {
                guard let bytes = try DurableFiles.read("/proc/\(process)/stat") else { return nil }
                let text = String(decoding: bytes, as: UTF8.self)
                return text.lastIndex(of: ")").flatMap { text[$0...].dropFirst(2).first }
            } catch {
                // It went while it was read (ESRCH).
                return nil
            }
        }
    }
#endif
