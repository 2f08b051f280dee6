// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudOperations
    public import CloudStore
    import Glibc
    public import Logging
    public import ServiceLifecycle

    /// What every daemon does around its parts.
    public enum Daemon {
        /// Reads the configuration, checks it only or restores a backup where asked, puts the parts together and runs them until the system asks for the end.
        /// - Returns: the exit status: 0 for an end that was asked for, 1 for a part that failed, 2 for a configuration that is refused.
        public static func run(
            _ name: String, checkOnly: Bool, restoring: (backup: String, copies: any StoreCopies)? = nil,
            configuration read: () throws -> Configuration,
            parts: (Configuration, Logger) async throws -> [any Service]
        ) async -> Int32 {
            let configuration: Configuration
            do { configuration = try read() } catch {
                StandardError.write("\(name): \(error)")
                return 2
            }
            if let restoring {
                do {
                    let folder = try StateFolder(configuration.text("state.folder"))
                    print(
                        try await SiteRestore(into: folder, copies: restoring.copies, clock: SystemWallClock()).run(
                            restoring.backup, checkOnly: checkOnly))
                    return 0
                } catch {
                    StandardError.write("\(name): \(error)")
                    return error is ConfigurationError ? 2 : 1
                }
            }
            guard !checkOnly else {
                print(configuration.summary)
                return 0
            }
            let logger = Logger.daemon(name, configuration, clock: SystemWallClock())
            do {
                allowFiles()
                try await Lifecycle.run(try await parts(configuration, logger), patience: .seconds(10), logger: logger)
                logger.info("ended")
                return 0
            } catch {
                logger.critical("\(error)")
                return 1
            }
        }

        /// As many open files as the system lets this process have: the usual 1024 are fewer than the connections that a daemon takes.
        private static func allowFiles() {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }
#endif
