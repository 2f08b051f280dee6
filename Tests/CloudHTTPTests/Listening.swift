// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudHTTP
    import Foundation
    import Logging
    import ServiceLifecycle
    import Testing

    /// A simulated site that listens on a real socket.
    enum Listening {
        /// How one gets there.
        enum Way: Sendable, CaseIterable { case socket, address }

        /// How it ends once the body has.
        enum End: Sendable {
            /// Whatever is still served is cut off.
            case cancelled
            /// As at SIGTERM: whatever is still served is waited for, and a test fails where that takes longer.
            case gracefully(within: Duration)
        }

        /// Listens on a unix socket in a folder of its own, or on a free port of the loopback address.
        static func with(
            _ way: Way = .socket, ending: End = .cancelled, limits: HTTPListener.Limits = .init(),
            figures: CallLimits.Figures = .init(rate: 100_000, burst: 100_000, concurrent: 1000),
            change: (inout CloudService.Settings) -> Void = { _ in },
            _ body: (Site, Wire) async throws -> Void
        ) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "lyceum-\(ProcessInfo.processInfo.globallyUniqueString)")
                .path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let path = folder + "/api.sock"
            try await Site.with(figures: figures, ownLogin: "admin", change: change) { site in
                let (signals, signal) = AsyncStream<Int?>.makeStream()
                let place: HTTPListener.Place =
                    switch way {
                    case .socket: .socket(path: path, mode: 0o600, group: nil)
                    case .address: .address("127.0.0.1", port: 0)
                    }
                let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let listener = HTTPListener(place, site.service, limits: limits, logger: logger) { signal.yield($0) }
                let services = ServiceGroup(services: [listener], logger: logger)
                // Each says whether it was the listener that ended.
                try await withThrowingTaskGroup(of: Bool.self) { tasks in
                    tasks.addTask {
                        try await services.run()
                        return true
                    }
                    for await port in signals {
                        let wire = Wire(port.map(Wire.Place.port) ?? .path(path))
                        try await body(site, wire)
                        // Connections are served in their order, so all are once this is answered: a cancelled listener that has taken one
                        // and serves it not yet ends the process (NIOAsyncWriter).
                        _ = try await wire.call("GET", "/healthz")
                        break
                    }
                    if case .gracefully(let patience) = ending {
                        await services.triggerGracefulShutdown()
                        tasks.addTask {
                            try await ContinuousClock().sleep(for: patience)
                            return false
                        }
                        #expect(try await tasks.next() == true, "it still serves somebody after \(patience)")
                    }
                    tasks.cancelAll()
                }
            }
        }
    }
#endif
