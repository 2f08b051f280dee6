// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import Logging
    import ServiceLifecycle
    import UnixSignals

    /// Says how the daemon is to whoever started it: ready once every door is open, alive for as long as its check passes, and its end.
    struct Attendance: Service {
        let parts: DaemonParts
        let supervisor: Supervisor
        let clock: any Clock<Duration>
        let logger: Logger

        func run() async throws {
            try await withGracefulShutdownHandler {
                do { try await cancelWhenGracefulShutdown { try await attend() } } catch is CancellationError {}
            } onGracefulShutdown: {
                tell(.stopping)
            }
        }

        private func attend() async throws {
            var open = 0
            for await _ in parts.doors.opened.prefix(parts.doors.count) { open += 1 }
            // Where one cannot be opened all parts end, and so does the waiting for the others.
            guard open == parts.doors.count else { throw CancellationError() }
            tell(.ready, .status("ready"))
            logger.notice("ready")
            guard let watchdog = supervisor.watchdog else { return try await gracefulShutdown() }
            while true {
                // Half of what would be too late, as sd_watchdog_enabled(3) advises.
                try await clock.sleep(for: watchdog / 2)
                do {
                    try await parts.check()
                    tell(.alive)
                } catch is CancellationError { return } catch { logger.error("the daemon does not do its work: \(error)") }
            }
        }

        private func tell(_ words: Supervisor.Word...) {
            do { for word in words { try supervisor.tell(word) } } catch { logger.warning("\(error)") }
        }
    }

    /// Reads the configuration again at each SIGHUP.
    struct Reloading: Service {
        let state: Live<Configuration>
        let read: @Sendable () throws -> Configuration
        let apply: @Sendable (Configuration) -> Void
        let supervisor: Supervisor
        let logger: Logger

        func run() async throws {
            for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
        }

        /// What is live changes at once; what is not is said; a configuration that is refused changes nothing.
        func reload() {
            do {
                try supervisor.tell(.reloading)
                defer { do { try supervisor.tell(.ready) } catch { logger.warning("\(error)") } }
                let reload = state.value.reloaded(with: try read())
                _ = try reload.configuration.site()
                state.set(reload.configuration)
                apply(reload.configuration)
                let changed = reload.changed.isEmpty ? "nothing" : reload.changed.joined(separator: ", ")
                logger.notice("configuration read again; changed: \(changed)")
                if !reload.waiting.isEmpty { logger.warning("restart to change \(reload.waiting.joined(separator: ", "))") }
                guard !reload.settled.isEmpty else { return }
                let settled = reload.settled.joined(separator: ", ")
                logger.warning("neither this nor a restart changes \(settled): read at the first start only, and what that made holds")
            } catch { logger.error("the new configuration is refused, and the old one goes on: \(error)") }
        }
    }
#endif
