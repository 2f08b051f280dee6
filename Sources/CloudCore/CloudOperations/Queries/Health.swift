// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Hypervisor
import ImageStore
import NetFabric

extension Cloud {
    /// What is measured of a host now, in the order of the checks; for site operators only, for others the host is not found. Takes seconds
    /// where the host is slow, and disturbs no guest. Throws `host-unreachable` where nothing of it answers.
    public func findings(of id: ID<HostKind>, for principal: Principal) async throws -> [HostFinding] {
        _ = try await host(id, for: principal)
        let (parts, percent) = (try world.hosts.parts(of: id), world.settings.freePercent)
        async let switching = parts.fabric.health()
        async let space = parts.disks.space()
        let began = world.clock.now()
        let health = try await parts.guests.health()
        let here = HostFinding.clock(of: health.at, between: began, and: world.clock.now())
        let room = HostFinding.room(free: try await space.free, of: try await space.total, kept: percent)
        return (health.findings + (try await switching) + [here, room]).sorted { $0.check.rawValue < $1.check.rawValue }
    }
}

extension HostFinding {
    /// How far a host's clock may be from the manager's: as far as a clock may go back without an alarm is a minute, and this is the tenth.
    static let clockLimit = Duration.seconds(6)

    /// How a host's time, told between two times of the manager's, stands to them.
    static func clock(of host: Timestamp, between began: Timestamp, and ended: Timestamp) -> HostFinding {
        let apart = max(.zero, began - host, host - ended)
        let milliseconds = apart.components.seconds * 1000 + apart.components.attoseconds / 1_000_000_000_000_000
        return HostFinding(.clock, apart <= clockLimit ? .fine : .wrong, ["milliseconds": String(milliseconds)])
    }

    /// How much of a store is free. With less than the twentieth a few machines that write fill it; below what is to be free, disks of the
    /// trash go.
    static func room(free: ByteCount, of total: ByteCount, kept: Int) -> HostFinding {
        let percent = total.bytes > 0 ? Int(free.bytes / max(1, total.bytes / 100)) : 0
        let grade: Grade = percent < 5 ? .wrong : percent < kept ? .advice : .fine
        return HostFinding(
            .room, grade,
            [
                "free": String(free.bytes >> 20), "total": String(total.bytes >> 20), "percent": String(min(100, percent)),
                "kept": String(kept),
            ])
    }
}
