// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudHTTP
    import Foundation
    import Logging

    /// A simulated site that listens on a real socket.
    enum Listening {
        /// How one gets there.
        enum Way: Sendable, CaseIterable { case socket, address }

        /// Listens on a unix socket in a folder of its own, or on a free port of the loopback address.
        static func with(
            _ way: Way = .socket, limits: HTTPListener.Limits = .init(),
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
                let listener = HTTPListener(
                    place, site.service, limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                ) { signal.yield($0) }
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await listener.run() }
                    for await port in signals {
                        let wire = Wire(port.map(Wire.Place.port) ?? .path(path))
                        try await body(site, wire)
                        // Connections are served in their order, so all are once this is answered: a cancelled listener that has taken one
                        // and serves it not yet ends the process (NIOAsyncWriter).
                        _ = try await wire.call("GET", "/healthz")
                        break
                    }
                    tasks.cancelAll()
                }
            }
        }
    }
#endif
