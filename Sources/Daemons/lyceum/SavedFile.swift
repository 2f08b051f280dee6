// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Foundation
    import Glibc

    /// A file that is whole or not there, for its owner alone.
    enum SavedFile {
        @Sendable static func make(
            _ path: String, _ body: (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void
        ) async throws {
            let partial = path + ".partial"
            guard access(path, F_OK) != 0 else { throw failure(EEXIST, path) }
            unlink(partial)
            let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw failure(errno, path) }
            defer {
                close(file)
                unlink(partial)
            }
            try await body { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    guard count >= 0 || errno == EINTR else { throw failure(errno, path) }
                    rest = rest.dropFirst(max(0, count))
                }
            }
            // A second name and not a new one: a file that came meanwhile is not overwritten.
            guard fsync(file) == 0, link(partial, path) == 0 else { throw failure(errno, path) }
        }

        private static func failure(_ number: Int32, _ path: String) -> CocoaError {
            CocoaError(
                number == EEXIST ? .fileWriteFileExists : .fileWriteUnknown,
                userInfo: [NSLocalizedDescriptionKey: String(cString: strerror(number)), NSFilePathErrorKey: path])
        }
    }
#endif
