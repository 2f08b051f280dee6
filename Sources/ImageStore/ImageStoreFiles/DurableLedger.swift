// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials
import Synchronization

/// The store's memory of fences and results, in a file that outlives the process: JSON, one line per entry, the first line a whole
/// ledger.
///
/// A newer fence is on the disk before its effect begins, so no older command gets through after a restart. Two kinds of lines are
/// written without waiting; both outlive the process, and only a power cut in the next seconds loses them. The first fence of a
/// subject: what an older command could then harm is itself no older than those seconds. And that a command was carried out: a repeat
/// does the work again, and all work is an "ensure".
final class DurableLedger: Sendable {
    private struct Line: Codable {
        var ledger: CommandLedger?
        var command: Command?
        var subject: String?
        var done: String?
        var isGone: Bool?
    }
    private struct State {
        var ledger: CommandLedger
        var file: OpenFile
        var length: Int64
        var lines = 0
        /// How much of the file is on the disk for certain; lines behind it may be.
        var synced: Int64
        /// Nobody knows what the disk holds of the file, or it ends in half a line. Nothing is added to it: it is written anew before.
        var isBroken = false

        init(ledger: CommandLedger, file: OpenFile) throws {
            self.ledger = ledger
            self.file = file
            length = try file.length()
            synced = length
        }
    }
    /// Where a test lets the disk fail.
    enum Call { case write, sync }
    private let folders: StoreFolders
    private let faults: @Sendable (Call) throws -> Void
    private let state: Mutex<State>
    /// Held while the file is brought to the disk: one at a time. Linux tells a failure once, to one of those who ask, and takes what
    /// it could not write for written: whoever asks next is told that all is well.
    private let syncing = Mutex(())
    /// After so many lines the file is written anew.
    private let longest: Int
    /// Of so many things that are gone the fence is remembered.
    private let kept: Int

    /// Reads the file and writes it anew. A last line that was cut off by the end of the process is left out; it was never relied on.
    /// `faults` is called before each write and sync of a line and fails in its place; nothing but tests gives one.
    init(
        _ folders: StoreFolders, longest: Int = 20_000, keeping kept: Int = CommandLedger.goneKept,
        faults: @escaping @Sendable (Call) throws -> Void = { _ in }
    ) throws {
        self.folders = folders
        self.longest = longest
        self.kept = kept
        self.faults = faults
        var ledger = CommandLedger()
        if let file = try folders.root.file("ledger") {
            let lines = try file.read(Int(try file.length()), at: 0).split(separator: 0x0A, omittingEmptySubsequences: true)
            for (index, text) in lines.enumerated() {
                guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
                    guard index == lines.count - 1 else {
                        throw CloudError(.unavailable, ["part": "image-store"], detail: "line \(index + 1) of the ledger cannot be read")
                    }
                    break
                }
                Self.apply(line, to: &ledger, keeping: kept)
            }
        }
        state = Mutex(try State(ledger: ledger, file: Self.write(ledger, folders)))
    }

    /// Judges a command (see `CommandLedger/admit(_:on:)`); where its fence is newer than one seen, waits until that is on the disk.
    /// Only then is it remembered: where writing fails, the same command again is written again, and no effect runs before.
    ///
    /// A command that frees space is let through on a full disk, where nothing can be written before: its ``done(_:on:freeing:)``
    /// writes the fence afterwards. Commands on one subject come one after the other (``FileLanes``).
    func admit(_ command: Command, on subject: String, freeing: Bool = false) throws -> CommandLedger.Admission {
        while true {
            let (admission, line) = try state.withLock { state -> (CommandLedger.Admission?, (file: OpenFile, end: Int64)?) in
                let seen = state.ledger.fence(of: subject)
                guard command.fence > seen else { return (try state.ledger.admit(command, on: subject), nil) }
                let written = try append(Line(command: command, subject: subject), &state, evenWhereFull: freeing)
                if written, seen > Fence(0) { return (nil, (state.file, state.length)) }
                return (try state.ledger.admit(command, on: subject), nil)
            }
            if let admission { return admission }
            guard let line, try isSynced(line.file, to: line.end) else { continue }
            let after = try state.withLock { state in
                // Written anew while this waited, and the new file does not have the line.
                state.file === line.file && !state.isBroken ? try state.ledger.admit(command, on: subject) : nil
            }
            if let after { return after }
        }
    }

    /// Whether what was last done on a subject left nothing of it (`CommandLedger/isGone(_:)`).
    func isGone(_ subject: String) -> Bool { state.withLock { $0.ledger.isGone(subject) } }

    /// Brings the file to the disk as far as a line's end, unless it is there by now. False where the file was given up meanwhile: the
    /// line is to be written again. After a failure it is given up, whoever was told of the failure.
    private func isSynced(_ file: OpenFile, to end: Int64) throws -> Bool {
        try syncing.withLock { _ in
            let (isInUse, synced, length) = state.withLock { ($0.file === file && !$0.isBroken, $0.synced, $0.length) }
            guard isInUse, synced < end else { return isInUse }
            do {
                try faults(.sync)
                try file.syncData()
            } catch {
                state.withLock { if $0.file === file { $0.isBroken = true } }
                throw error
            }
            state.withLock { if $0.file === file { $0.synced = max($0.synced, length) } }
            return true
        }
    }

    /// Remembers that a command was carried out. With `freeing` its subject is gone, and a disk that is still full does not matter. What
    /// is forgotten then (`CommandLedger/goneKept`) goes on the disk when the file is written anew.
    func done(_ command: Command, on subject: String, freeing: Bool = false) throws {
        try state.withLock { state in
            let line = Line(command: command, subject: subject, done: "", isGone: freeing ? true : nil)
            _ = try append(line, &state, evenWhereFull: freeing)
            state.ledger.done(command, on: subject, isGone: freeing, keeping: kept)
        }
    }

    /// Appends a line whole or not at all; false where the disk was full and that was allowed. A file that has grown long, or is broken,
    /// is written anew before, never after: what is remembered does not hold the line yet.
    private func append(_ line: Line, _ state: inout State, evenWhereFull: Bool) throws -> Bool {
        let bytes = Array(try JSONEncoder().encode(line)) + [0x0A]
        do {
            try faults(.write)
            if state.isBroken || state.lines >= longest {
                state = try State(ledger: state.ledger, file: Self.write(state.ledger, folders))
            }
            try state.file.write(bytes, at: nil)
        } catch let fault as FileFault {
            // Half a line would make all that follows unreadable; where it cannot be taken away, the file is written anew.
            do { try state.file.truncate(to: state.length) } catch { state.isBroken = true }
            if fault.isFull, evenWhereFull { return false }
            throw fault
        }
        state.length += Int64(bytes.count)
        state.lines += 1
        return true
    }

    private static func apply(_ line: Line, to ledger: inout CommandLedger, keeping kept: Int) {
        if let whole = line.ledger { ledger = whole }
        guard let command = line.command, let subject = line.subject else { return }
        ledger.saw(command.fence, on: subject)
        if line.done != nil { ledger.done(command, on: subject, isGone: line.isGone ?? false, keeping: kept) }
    }

    /// Writes a new file beside the old and puts it in its place.
    private static func write(_ ledger: CommandLedger, _ folders: StoreFolders) throws -> OpenFile {
        try folders.temporary.withName { name in
            let file = try folders.temporary.folder.newFile(name)
            try file.write(Array(JSONEncoder().encode(Line(ledger: ledger))) + [0x0A], at: 0)
            try file.sync()
            try folders.temporary.folder.rename(name, to: folders.root, "ledger")
            try folders.root.sync()
            return try folders.root.appendedFile("ledger")
        }
    }
}
