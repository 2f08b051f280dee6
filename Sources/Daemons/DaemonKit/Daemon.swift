// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import CloudOperations
    public import CloudStore
    import CMalloc
    import Foundation
    import Glibc
    public import Logging
    import ServiceLifecycle

    /// What every daemon does around its parts.
    public enum Daemon {
        /// Reads the configuration; checks it only, or restores a backup, where asked; puts the parts together and runs them until the system
        /// asks for the end. At SIGHUP it reads the configuration again, and tells systemd how it is (``Supervisor``).
        /// - Returns: the exit status: 0 for an end that was asked for, 1 for a part that failed, 2 for a configuration or backup that is
        ///   refused.
        public static func run(
            _ name: String, checkOnly: Bool, restoring: (backup: String, copies: any StoreCopies)? = nil,
            configuration read: @escaping @Sendable () throws -> Configuration,
            parts: (Configuration, Logger) async throws -> DaemonParts
        ) async -> Int32 {
            // Until somebody listens to it, a request to reload must not be the end.
            signal(SIGHUP, SIG_IGN)
            let configuration: Configuration
            do { configuration = try read() } catch {
                StandardError.write("\(name): \(error)")
                return 2
            }
            if let restoring { return await restore(name, restoring.backup, restoring.copies, configuration, checkOnly) }
            guard !checkOnly else {
                print(configuration.summary)
                return 0
            }
            let (state, look) = (Live(configuration), Live(configuration.logLook))
            let logger = Logger.daemon(name, look, clock: SystemWallClock())
            do {
                allowFiles()
                shareMemory()
                let made = try await parts(configuration, logger)
                let supervisor = Supervisor(ProcessInfo.processInfo.environment)
                let reloading = Reloading(
                    state: state, read: read,
                    apply: {
                        look.set($0.logLook)
                        made.apply($0)
                    }, supervisor: supervisor, logger: logger)
                let attendance = Attendance(parts: made, supervisor: supervisor, clock: ContinuousClock(), logger: logger)
                try await Lifecycle.run(made.services + [reloading, attendance], patience: .seconds(10), logger: logger)
                logger.info("ended")
                return 0
            } catch {
                logger.critical("\(error)")
                return 1
            }
        }

        private static func restore(
            _ name: String, _ backup: String, _ copies: any StoreCopies, _ configuration: Configuration, _ checkOnly: Bool
        ) async -> Int32 {
            do {
                let folder = try StateFolder(configuration.text("state.folder"))
                print(try await SiteRestore(into: folder, copies: copies, clock: SystemWallClock()).run(backup, checkOnly: checkOnly))
                return 0
            } catch {
                StandardError.write("\(name): \(error)")
                return error is ConfigurationError ? 2 : 1
            }
        }

        /// As many open files as the system lets this process have: the usual 1024 are fewer than the connections that a daemon takes.
        private static func allowFiles() {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }

        /// Threads share two arenas of malloc, as many as a small host has processors. Left alone, glibc gives each thread its own, up to
        /// eight for each processor, and what one long list freed stays with the thread that made it: ten of 77 MiB behind twenty lists
        /// of 500 (`Benchmarks/RESULTS.md`). What is refused changes nothing.
        private static func shareMemory() { _ = mallopt(M_ARENA_MAX, 2) }
    }
#endif
