// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Foundation
import Hypervisor

/// The serial consoles of simulated guests: a file each, in which the guest's counter writes a line whenever it is asked to, as the
/// tiny real guest does every second.
public struct SimulatedConsoles: Sendable {
    private let host: SimulatedHost
    private let folder: URL

    /// The consoles of a host in a folder, which is made where it is missing.
    public init(of host: SimulatedHost, in folder: String) throws {
        self.host = host
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    /// Writes every second until it is cancelled.
    public func serve(wall: any WallClock, clock: any Clock<Duration>) async throws {
        while !Task.isCancelled {
            try write(at: wall.now())
            try await clock.sleep(for: .seconds(1))
        }
    }

    /// Each running guest writes `counter N` on its console.
    public func write(at now: Timestamp) throws {
        for (instance, guest) in host.guests.snapshot().guests where guest.power == .running {
            let line = Data("counter \(guest.running(at: now).components.seconds)\n".utf8)
            let file = folder.appending(path: "\(instance).log")
            if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: line)
            try handle.close()
        }
    }
}
