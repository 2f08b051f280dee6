// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What changed between pictures of a host, numbered, so that readers can go on from where they were.
///
/// For adapters whose hypervisor tells states better than events: whole pictures go in by ``saw(_:)``, changes come out by
/// ``changes(since:)``. A value without lock or I/O. It remembers one entry per instance, gone ones too, those at most 10,000.
public struct ChangeLog: Sendable {
    /// What a picture shows of one guest.
    public struct Shown: Hashable, Sendable {
        /// What is seen.
        public let sighting: GuestSighting
        /// Which run of the domain it is: a guest that was stopped and started between two pictures has changed.
        public let run: Int
        /// One guest of a picture.
        public init(_ sighting: GuestSighting, run: Int) {
            self.sighting = sighting
            self.run = run
        }
    }

    private struct Entry {
        var number: Int64
        var shown: Shown
    }
    private static let mostGone = 10_000
    private let era: String
    private var entries: [ID<InstanceKind>: Entry] = [:]
    private var last: Int64 = 0

    /// A log that has seen nothing.
    /// - Parameter era: differs whenever numbers begin anew (another boot, another process); without a slash.
    public init(era: String) { self.era = era }

    /// Compares a whole picture of the host with the one before. Two that differ in their fence only are the same.
    public mutating func saw(_ picture: [Shown]) {
        var gone = Set(entries.keys)
        for shown in picture.sorted(by: { $0.sighting.instance < $1.sighting.instance }) {
            gone.remove(shown.sighting.instance)
            note(shown)
        }
        for instance in gone.sorted() {
            guard let fence = entries[instance]?.shown.sighting.fence else { continue }
            note(Shown(GuestSighting(instance: instance, power: .absent, fence: fence), run: -1))
        }
        forget()
    }

    private mutating func note(_ shown: Shown) {
        let instance = shown.sighting.instance
        if let before = entries[instance]?.shown, before.run == shown.run, before.sighting.isAs(shown.sighting) {
            entries[instance]?.shown = shown
        } else {
            last += 1
            entries[instance] = Entry(number: last, shown: shown)
        }
    }

    private mutating func forget() {
        let gone = entries.filter { $0.value.shown.sighting.power == .absent }
        guard gone.count > Self.mostGone else { return }
        for (instance, _) in gone.sorted(by: { $0.value.number < $1.value.number }).prefix(gone.count - Self.mostGone) {
            entries[instance] = nil
        }
    }

    /// What changed after a cursor, oldest first, at most 1,000. A cursor of another era, or one that was never given, begins at the
    /// beginning: too much is harmless, too little is not.
    public func changes(since cursor: ChangeCursor) -> GuestChanges {
        func place(_ number: Int64) -> ChangeCursor { ChangeCursor("\(era)/\(number)") }
        if cursor == .now { return GuestChanges(sightings: [], next: place(last)) }
        let parts = cursor.text.split(separator: "/", omittingEmptySubsequences: false)
        let told = parts.count == 2 && parts[0] == era ? Int64(parts[1]) ?? 0 : 0
        let news = entries.values.filter { $0.number > told }.sorted { $0.number < $1.number }.prefix(1000)
        return GuestChanges(sightings: news.map(\.shown.sighting), next: place(news.last?.number ?? last))
    }
}

extension GuestSighting {
    /// Whether another says the same, whatever its fence.
    fileprivate func isAs(_ other: GuestSighting) -> Bool { power == other.power && cause == other.cause && resets == other.resets }
}
