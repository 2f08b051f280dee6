// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// Which files of a store go. Pure: the collector looks, asks, and acts.
public enum TrashChoice {
    /// One file, as far as the choice needs to know it.
    public struct File: Hashable, Sendable {
        /// What it is to whoever keeps it.
        public enum Fate: Hashable, Sendable {
            /// In use, on its way, or kept for any other reason.
            case living
            /// In the trash since then.
            case trashed(since: Timestamp)
            /// No record knows it; so old.
            case orphan(since: Timestamp)
        }
        /// Its name.
        public let id: String
        /// What it lies on; nil for nothing.
        public let parent: String?
        /// About how much space it gives back.
        public let size: ByteCount
        /// What it is.
        public let fate: Fate
        /// Whether what it belongs to is of no use without it: then it goes behind all that went to the trash with it and can be missed.
        public let isVital: Bool
        /// A file.
        public init(id: String, parent: String?, size: ByteCount, fate: Fate, isVital: Bool = false) {
            self.id = id
            self.parent = parent
            self.size = size
            self.fate = fate
            self.isVital = isVital
        }
    }

    /// What a choice goes by.
    public struct Rule: Hashable, Sendable {
        /// How much is still to be freed; nothing of the trash goes for zero.
        public let wanted: ByteCount
        /// The youngest age at which something of the trash goes; never broken.
        public let floor: Duration
        /// The youngest age at which a file goes that no record knows: whoever makes it may be about to say so.
        public let grace: Duration
        /// A rule.
        public init(wanted: ByteCount, floor: Duration, grace: Duration) {
            self.wanted = wanted
            self.floor = floor
            self.grace = grace
        }
    }

    /// The files that go: first what no record knows and is old enough, then of the trash the oldest first until enough is freed; of those that
    /// went there at the same moment, what is vital last. None goes before one that lies on it, and none on which something lies that stays; so
    /// of a circle nothing ever goes.
    public static func choose(_ files: [File], by rule: Rule, at now: Timestamp) -> [String] {
        var waiting: [String: Int] = [:]
        for file in files { if let parent = file.parent { waiting[parent, default: 0] += 1 } }
        let known = Dictionary(files.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        // An id that is there twice is a record that cannot be trusted: neither goes.
        let doubled = Set(Dictionary(grouping: files, by: \.id).filter { $0.value.count > 1 }.keys)
        var (going, freed): ([String], ByteCount) = ([], .zero)
        func goes(_ file: File) {
            going.append(file.id)
            freed = freed + file.size
            if let parent = file.parent { waiting[parent, default: 1] -= 1 }
        }
        func isBare(_ file: File) -> Bool { waiting[file.id, default: 0] == 0 && !doubled.contains(file.id) }
        func isOldOrphan(_ file: File) -> Bool {
            if case .orphan(let since) = file.fate { since + rule.grace <= now } else { false }
        }
        func trashedAt(_ file: File) -> Timestamp? { if case .trashed(let since) = file.fate { since } else { nil } }

        var ready = files.filter { isOldOrphan($0) && isBare($0) }.sorted { $0.id < $1.id }
        while let file = ready.popLast() {
            goes(file)
            if let parent = file.parent.flatMap({ known[$0] }), isOldOrphan(parent), isBare(parent) { ready.append(parent) }
        }
        func isOldTrash(_ file: File) -> Bool { trashedAt(file).map { $0 + rule.floor <= now } ?? false }
        func isBefore(_ left: File, _ right: File) -> Bool {
            let (first, second) = (trashedAt(left) ?? now, trashedAt(right) ?? now)
            guard first == second else { return first < second }
            return left.isVital == right.isVital ? left.id < right.id : right.isVital
        }
        var due = files.filter { isOldTrash($0) && isBare($0) }.sorted { isBefore($1, $0) }
        while freed < rule.wanted, let file = due.popLast() {
            goes(file)
            guard let parent = file.parent.flatMap({ known[$0] }), isBare(parent), isOldTrash(parent) else { continue }
            // Where it lies among the others is a matter of its age, too.
            let place = due.firstIndex { isBefore($0, parent) } ?? due.endIndex
            due.insert(parent, at: place)
        }
        return going
    }
}
