// SPDX-License-Identifier: Apache-2.0

/// A ``Boundary`` of all runs of one kind, as a line of text: `instance.start/power/afterEffect`.
///
/// What a step's name has in square brackets is an id or a number, and a `*` here: `disk.collect/remove[*]/afterEffect`. Where one run
/// comes to the same line several times, `#2` at its end is the second time.
public struct CrashPoint: Hashable, Sendable, CustomStringConvertible {
    /// The line without the number at its end.
    public let place: String
    /// Which time is meant, from 1.
    public let occurrence: Int

    /// The point of a boundary that a run of this kind is at.
    public init(_ boundary: Boundary, of kind: String, occurrence: Int = 1) {
        var name = boundary.name
        if let bracket = name.firstIndex(of: "[") { name.replaceSubrange(bracket..., with: "[*]") }
        place = "\(kind)/\(name)/\(boundary.kind.rawValue)"
        self.occurrence = occurrence
    }

    /// Reads a line; nil where it is none.
    public init?(_ line: Substring) {
        let parts = line.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty else { return nil }
        let ending = parts[2].split(separator: "#", omittingEmptySubsequences: false)
        guard ending.count <= 2, let kind = Boundary.Kind(rawValue: String(ending[0])) else { return nil }
        occurrence = ending.count == 1 ? 1 : Int(ending[1]) ?? 0
        guard occurrence > 0 else { return nil }
        place = "\(parts[0])/\(parts[1])/\(kind.rawValue)"
    }

    /// The line.
    public var description: String { occurrence == 1 ? place : "\(place)#\(occurrence)" }
}
