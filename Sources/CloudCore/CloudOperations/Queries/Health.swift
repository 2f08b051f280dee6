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
        let (parts, settings) = (try world.hosts.parts(of: id), world.settings)
        async let switching = parts.fabric.health()
        async let space = parts.disks.space()
        let began = world.clock.now()
        let health = try await parts.guests.health()
        let here = HostFinding.clock(of: health.at, between: began, and: world.clock.now())
        let room = HostFinding.room(in: try await space, by: settings)
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

    /// How much of a store is free. Below what is reserved a few machines that write fill it, and nothing new takes room; below what is to be
    /// free, disks of the trash go.
    static func room(in space: StoreSpace, by settings: Settings) -> HostFinding {
        let percent = space.total.bytes > 0 ? Int(space.free.bytes / max(1, space.total.bytes / 100)) : 0
        let grade: Grade = space.isFull(by: settings) ? .wrong : percent < settings.freePercent ? .advice : .fine
        return HostFinding(
            .room, grade,
            [
                "free": String(space.free.bytes >> 20), "total": String(space.total.bytes >> 20), "percent": String(min(100, percent)),
                "kept": String(grade == .wrong ? settings.reservedPercent : settings.freePercent),
            ])
    }
}
