// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import CloudWorkflow
import Foundation

// The one place where the system's time and chance come into the libraries: values that a daemon or an embedder gives to a World.

/// The system's clock.
public struct SystemWallClock: WallClock {
    /// The system's clock.
    public init() {}
    /// The present moment, as the system believes it.
    public func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

/// Ids of the system's random numbers: 100 bits each.
public struct SystemIDs: IDSource {
    /// The system's random numbers.
    public init() {}
    /// A new id.
    public func next<Kind: IDKind>(_ kind: Kind.Type) -> ID<Kind> {
        var generator = SystemRandomNumberGenerator()
        return ID(bits: generator.next(), generator.next())
    }
}

/// Passwords of the system's random numbers: 20 of 54 characters that are not mistaken for each other, 115 bits.
public struct SystemPasswords: PasswordSource {
    private static let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    /// The system's random numbers.
    public init() {}
    /// A new password.
    public func next() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret(String((0..<20).compactMap { _ in Self.letters.randomElement(using: &generator) }))
    }
}
