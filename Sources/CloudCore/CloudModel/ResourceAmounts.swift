// SPDX-License-Identifier: Apache-2.0

/// Amounts of everything that is counted: as limits, as use, and as needs.
public struct ResourceAmounts: Hashable, Sendable, Codable {
    /// Instances, until destroyed.
    public var instances: Int
    /// Virtual disk, until destroyed.
    public var disk: ByteCount
    /// Virtual processors, while a host holds them.
    public var cpus: CPUCount
    /// Memory, while a host holds it.
    public var memory: ByteCount
    /// Forwarded ports.
    public var forwardedPorts: Int

    /// Amounts; what is not named is zero.
    public init(
        instances: Int = 0, disk: ByteCount = .zero, cpus: CPUCount = .zero, memory: ByteCount = .zero, forwardedPorts: Int = 0
    ) {
        self.instances = instances
        self.disk = disk
        self.cpus = cpus
        self.memory = memory
        self.forwardedPorts = forwardedPorts
    }
    /// Nothing.
    public static let zero = ResourceAmounts()

    /// The sums.
    public static func + (left: Self, right: Self) -> Self {
        Self(
            instances: left.instances + right.instances, disk: left.disk + right.disk, cpus: left.cpus + right.cpus,
            memory: left.memory + right.memory, forwardedPorts: left.forwardedPorts + right.forwardedPorts)
    }
    /// The differences, none below zero.
    public static func - (left: Self, right: Self) -> Self {
        Self(
            instances: max(0, left.instances - right.instances), disk: left.disk - right.disk, cpus: left.cpus - right.cpus,
            memory: left.memory - right.memory, forwardedPorts: max(0, left.forwardedPorts - right.forwardedPorts))
    }
}
