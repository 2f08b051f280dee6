// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Hypervisor
    import Subprocess
    import SystemPackage

    /// `xorriso`, asked to put three small files on an ISO 9660 volume. Called with an argument array, an empty environment, nothing on its
    /// input, a limit of time, and without anybody's start-up files.
    public struct SeedTool: Sendable {
        let path: String
        private let limit: Duration
        private let clock: any Clock<Duration>

        /// The tool at an absolute path.
        public init(path: String = "/usr/bin/xorriso", limit: Duration = .seconds(30), clock: any Clock<Duration> = ContinuousClock()) {
            self.path = path
            self.limit = limit
            self.clock = clock
        }

        /// Writes the files of a folder as a volume. Throws `unavailable` where the tool is not there or fails, `timed-out` where it takes too
        /// long, and cancellation.
        func write(_ folder: String, as volume: String) async throws {
            let answer: String?
            do { answer = try await run(folder, volume) } catch let error as SubprocessError {
                try Task.checkCancellation()
                throw CloudError(.unavailable, ["part": "xorriso"], detail: "\(error)")
            }
            if let answer { throw CloudError(.unavailable, ["part": "xorriso"], detail: answer) }
        }

        /// nil where it went well.
        private func run(_ folder: String, _ volume: String) async throws -> String? {
            let arguments = [
                "-no_rc", "-as", "mkisofs", "-quiet", "-output", volume, "-volid", GuestSeed.label, "-joliet", "-rational-rock", folder,
            ]
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    let result = try await Subprocess.run(
                        .path(.init(path)), arguments: .init(arguments), environment: .custom(["LC_ALL": "C.UTF-8"]), input: .none,
                        output: .discarded, error: .string(limit: 65536))
                    return result.terminationStatus.isSuccess ? nil : "\(result.terminationStatus): \(result.standardError)"
                }
                group.addTask {
                    try await clock.sleep(for: limit)
                    throw CloudError(.timedOut, ["what": "xorriso", "seconds": String(limit.components.seconds)])
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
    }
#endif
