// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Crypto
import Dispatch
import Glibc

/// A file that is open for reading, whatever becomes of its name. Reads are at places of their own, so several may go on.
final class OpenFile: Sendable {
    private let file: Int32
    private let path: String
    private let thread = DispatchQueue(label: "lyceum.backup")
    /// What is read at a time.
    static let piece = 256 * 1024

    /// Opens a regular file; throws `unavailable` where there is none, or it cannot be read.
    init(_ path: String) throws(CloudError) {
        self.path = path
        file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.failure(path) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw CloudError(.unavailable, ["part": path], detail: "\(path) is no regular file")
        }
    }

    deinit { close(file) }

    func size() throws(CloudError) -> Int64 {
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw Self.failure(path) }
        return Int64(facts.st_size)
    }

    /// Up to so many bytes from a place on; fewer only at the end.
    func bytes(at place: Int64, count: Int) throws(CloudError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes[filled...].withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(place) + off_t(filled)) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw Self.failure(path) }
            if read == 0 { break }
            filled += read
        }
        return Array(bytes.prefix(filled))
    }

    /// Carries out calls that block on a thread of the file's own: a daemon's tasks share two on a small host, and a slow disk would stop
    /// all of them.
    func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            thread.async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Piece after piece of a range, to the end where none is named; read on the file's thread. Others get their turn between two.
    func pieces(from begin: Int64 = 0, count: Int64 = .max, _ body: ([UInt8]) async throws -> Void) async throws {
        var (place, left) = (begin, count)
        while left > 0 {
            let (here, most) = (place, Int(min(left, Int64(Self.piece))))
            let piece = try await blocking { [self] in try bytes(at: here, count: most) }
            if piece.isEmpty { return }
            try await body(piece)
            (place, left) = (place + Int64(piece.count), left - Int64(piece.count))
            await Task.yield()
        }
    }

    /// SHA-256 of a range.
    func sha256(from begin: Int64 = 0, count: Int64 = .max) async throws -> String {
        var hash = SHA256()
        try await pieces(from: begin, count: count) { hash.update(data: $0) }
        return Hexadecimal.text(hash.finalize())
    }

    private static func failure(_ path: String) -> CloudError {
        CloudError(.unavailable, ["part": path], detail: "read \(path): \(String(cString: strerror(errno)))")
    }
}
