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

    /// Amounts; what is not named is zero, and a negative number becomes zero, so that nothing is taken by giving back.
    public init(
        instances: Int = 0, disk: ByteCount = .zero, cpus: CPUCount = .zero, memory: ByteCount = .zero, forwardedPorts: Int = 0
    ) {
        self.instances = max(0, instances)
        self.disk = disk
        self.cpus = cpus
        self.memory = memory
        self.forwardedPorts = max(0, forwardedPorts)
    }
    /// Nothing.
    public static let zero = ResourceAmounts()

    /// The sums; they stay at the largest number instead of overflowing.
    public static func + (left: Self, right: Self) -> Self {
        Self(
            instances: sum(left.instances, right.instances), disk: left.disk + right.disk, cpus: left.cpus + right.cpus,
            memory: left.memory + right.memory, forwardedPorts: sum(left.forwardedPorts, right.forwardedPorts))
    }
    /// The differences, none below zero.
    public static func - (left: Self, right: Self) -> Self {
        Self(
            instances: max(0, left.instances - right.instances), disk: left.disk - right.disk, cpus: left.cpus - right.cpus,
            memory: left.memory - right.memory, forwardedPorts: max(0, left.forwardedPorts - right.forwardedPorts))
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
