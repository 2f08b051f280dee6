// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Hypervisor
import Synchronization

/// A console of a simulated guest: a display that shows a pattern of its own, or a serial line that says again what it is told.
final class SimulatedConsoleChannel: ConsoleChannel {
    /// What answers at the other end.
    enum Guest: Sendable {
        case display(SimulatedDisplay)
        case serial
    }
    fileprivate struct State {
        var guest: Guest
        var output: [UInt8]
        var isClosed = false
        var reader: CheckedContinuation<[UInt8]?, Never>?
        var writer: CheckedContinuation<Bool, Never>?
    }
    /// From so many bytes on that nobody has read, writes wait.
    static let room = 4 * ConsoleLimits.piece
    private let state: Mutex<State>

    init(_ guest: Guest) {
        let greeting: [UInt8] = if case .display = guest { SimulatedDisplay.greeting } else { [] }
        state = Mutex(State(guest: guest, output: greeting))
    }

    func read() async throws -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let (bytes, writer) = state.withLock { state -> ([UInt8]??, CheckedContinuation<Bool, Never>?) in
                    if let bytes = state.take() { return (bytes, state.freeWriter()) }
                    if state.isClosed || state.reader != nil { return (.some(nil), nil) }
                    state.reader = reader
                    return (nil, nil)
                }
                if let bytes { reader.resume(returning: bytes) }
                writer?.resume(returning: true)
            }
        } onCancel: {
            close()
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        let taken = await withTaskCancellationHandler {
            await withCheckedContinuation { writer in
                let (done, reader, given) = state.withLock { state in state.accept(bytes, from: writer) }
                reader?.resume(returning: given)
                if let done { writer.resume(returning: done) }
            }
        } onCancel: {
            close()
        }
        if !taken { throw ConsoleLimits.ended }
    }

    func close() {
        let (reader, writer) = state.withLock { state in
            defer { (state.isClosed, state.reader, state.writer, state.output) = (true, nil, nil, []) }
            return (state.reader, state.writer)
        }
        reader?.resume(returning: nil)
        writer?.resume(returning: false)
    }
}

extension SimulatedConsoleChannel.State {
    /// The next piece; nil where there is nothing.
    mutating func take() -> [UInt8]? {
        guard !output.isEmpty else { return nil }
        let piece = Array(output.prefix(ConsoleLimits.piece))
        output.removeFirst(piece.count)
        return piece
    }

    /// Who waited to write and now may.
    mutating func freeWriter() -> CheckedContinuation<Bool, Never>? {
        guard output.count < SimulatedConsoleChannel.room else { return nil }
        defer { writer = nil }
        return writer
    }

    /// Lets the guest hear the bytes; gives whether the writer is done (nil: it waits), and whom to give what.
    mutating func accept(
        _ bytes: [UInt8], from writer: CheckedContinuation<Bool, Never>
    ) -> (Bool?, CheckedContinuation<[UInt8]?, Never>?, [UInt8]?) {
        guard !isClosed, self.writer == nil else { return (false, nil, nil) }
        switch guest {
        case .serial: output += bytes
        case .display(var display):
            guard let answer = display.answer(to: bytes) else {
                // As QEMU does with who speaks no RFB.
                isClosed = true
                defer { reader = nil }
                return (false, reader, nil)
            }
            guest = .display(display)
            output += answer
        }
        if let waiting = reader, let piece = take() {
            reader = nil
            return (true, waiting, piece)
        }
        guard output.count >= SimulatedConsoleChannel.room else { return (true, nil, nil) }
        self.writer = writer
        return (nil, nil, nil)
    }
}
