// SPDX-License-Identifier: Apache-2.0

import CrashVFS
import Foundation

/// A disk under a store that loses what was not synced (Tests/CrashVFS), until its power ends.
final class CrashDisk: Sendable {
    /// It could not be made, or what it left could not be written.
    struct Failed: Error { let reason: String }

    /// By what SQLite knows it.
    let name = "crash-\(UUID().uuidString)"
    /// The C side has a lock of its own.
    private nonisolated(unsafe) let disk: OpaquePointer

    init() throws {
        guard let disk = crash_disk_mount(name) else { throw Failed(reason: "no memory") }
        self.disk = disk
    }
    deinit { crash_disk_eject(disk) }

    var hasPower: Bool { crash_disk_has_power(disk) }
    /// How many writes and syncs there were.
    var work: Int64 { crash_disk_work(disk) }
    /// The power ends with the write, or sync, of this number from now.
    func losePower(in work: Int) { crash_disk_lose_power_at(disk, self.work + Int64(work)) }
    func losePower() { crash_disk_lose_power(disk) }
    /// From now on a sync is acknowledged and not done.
    func lie() { crash_disk_lie(disk) }

    /// Writes what is left into a folder.
    func salvage(_ kind: crash_kind, seed: UInt64, to folder: String) throws {
        let failure = crash_disk_salvage(disk, kind, seed, folder)
        guard failure == 0 else { throw Failed(reason: String(cString: strerror(failure))) }
    }
}
