// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// The guest's end of a tap: what QEMU would hold. Frames are written and read as they are.
final class LiveTap {
    let file: CInt

    struct Refused: Error {
        let what: String
        let error: CInt
    }

    /// Takes hold of a tap that is there, or makes one that goes when this goes.
    init(_ device: String) throws {
        file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw Refused(what: "open /dev/net/tun", error: errno) }
        // struct ifreq: sixteen bytes of name, then the flags IFF_TAP | IFF_NO_PI.
        var request = [UInt8](repeating: 0, count: 40)
        for (position, byte) in device.utf8.prefix(15).enumerated() { request[position] = byte }
        (request[16], request[17]) = (0x02, 0x10)
        guard ioctl(file, 0x4004_54CA, &request) == 0 else { throw Refused(what: "attach \(device)", error: errno) }
    }

    // Also after a refusal: an object whose fields are all set is taken down by this.
    deinit { if file >= 0 { close(file) } }

    func send(_ frame: [UInt8]) throws {
        let padded = frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
        guard write(file, padded, padded.count) == padded.count else { throw Refused(what: "send", error: errno) }
    }

    /// The next frame; nil where none comes within the time.
    func receive(within milliseconds: Int32) -> [UInt8]? {
        var wait = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = read(file, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Whether a frame that holds these bytes comes within the time; others are passed over.
    func hears(_ mark: [UInt8], within milliseconds: Int32) -> Bool {
        var left = milliseconds
        while left > 0 {
            guard let frame = receive(within: min(left, 50)) else {
                left -= 50
                continue
            }
            if frame.contains(mark) { return true }
        }
        return false
    }

    /// Throws away what has come so far.
    func drain() { while receive(within: 20) != nil {} }
}

extension [UInt8] {
    func contains(_ part: [UInt8]) -> Bool {
        guard count >= part.count else { return false }
        return (0...(count - part.count)).contains { Array(self[$0..<($0 + part.count)]) == part }
    }
}

/// Carries frames between a fabric's tap and one that stands in a namespace, so that the kernel plays the guest there.
final class LiveCable {
    private let stop = Stop()
    private let ended: CInt

    /// Set once, read by one thread.
    private final class Stop: @unchecked Sendable {
        // Safe: one writer, and a late look costs one more round of 100 ms.
        var now = false
    }

    init(_ left: LiveTap, _ right: LiveTap) throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw LiveTap.Refused(what: "pipe", error: errno) }
        ended = ends[0]
        let (a, b, done, stop) = (left.file, right.file, ends[1], stop)
        var thread = pthread_t()
        let work: @Sendable () -> Void = {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while !stop.now {
                var waits = [pollfd(fd: a, events: Int16(POLLIN), revents: 0), pollfd(fd: b, events: Int16(POLLIN), revents: 0)]
                guard poll(&waits, 2, 100) > 0 else { continue }
                for (index, (from, to)) in [(a, b), (b, a)].enumerated() where waits[index].revents & Int16(POLLIN) != 0 {
                    let count = read(from, &buffer, buffer.count)
                    if count > 0 { _ = write(to, buffer, count) }
                }
            }
            close(done)
        }
        let box = Unmanaged.passRetained(Box(work))
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }

    /// Ends the thread and waits for it.
    func unplug() {
        guard !stop.now else { return }
        stop.now = true
        var byte: UInt8 = 0
        _ = read(ended, &byte, 1)
        close(ended)
    }
    deinit { unplug() }
}
