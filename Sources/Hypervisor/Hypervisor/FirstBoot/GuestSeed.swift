// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What a guest reads when it boots, as files of a volume with the label ``label``. It holds the hash of a password, so it has no
/// description; whoever carries it to a host carries it over a connection that nobody else reads, and no journal holds it.
public struct GuestSeed: Hashable, Sendable, Codable, CustomStringConvertible, CustomReflectable {
    /// What the volume is called, so that a guest finds it (cloud-init, NoCloud).
    public static let label = "cidata"

    /// `meta-data`: who the guest is.
    public let metaData: String
    /// `user-data`: who logs in.
    public let userData: String
    /// `network-config`: how its cards are set.
    public let networkConfig: String

    /// The files of a volume.
    public init(metaData: String, userData: String, networkConfig: String) {
        self.metaData = metaData
        self.userData = userData
        self.networkConfig = networkConfig
    }

    /// The names of the files, in order.
    public static let names = ["meta-data", "network-config", "user-data"]
    /// The files by their names, in order.
    public var files: [(name: String, text: String)] { Array(zip(Self.names, [metaData, networkConfig, userData])) }

    /// Never the texts.
    public var description: String { "(seed)" }
    /// Never the texts.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where the seed of an instance is kept: one per instance and store.
public struct SeedVolume: Hashable, Sendable, Codable {
    /// Whose seed.
    public let instance: ID<InstanceKind>
    /// Where it is kept.
    public let store: ID<StoreKind>
    /// The seed of an instance in a store.
    public init(instance: ID<InstanceKind>, store: ID<StoreKind>) {
        self.instance = instance
        self.store = store
    }
}
