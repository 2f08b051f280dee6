// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Foundation
    import Glibc

    /// A file that is whole or not there, for its owner alone.
    public enum SavedFile {
        /// Makes the file of what `body` writes. Throws what `body` throws, and a `CocoaError` where there is a file of that name, at once or
        /// in the end, or none can be made. While it grows it has a name beside its own, which only an ended process leaves behind.
        @Sendable public static func make(
            _ path: String, _ body: (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void
        ) async throws {
            try await make(path, link: { Glibc.link($0, $1) }, body)
        }

        /// The same with another link(2).
        static func make(
            _ path: String, link: (String, String) -> Int32, _ body: (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void
        ) async throws {
            guard access(path, F_OK) != 0 else { throw failure(EEXIST, path) }
            // A name of this run's own: somebody else may be making a file of the same name.
            var template = Array((path + ".partial-XXXXXX").utf8CString)
            let file = mkstemp(&template)
            guard file >= 0 else { throw failure(errno, path) }
            let partial = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
            guard fsync(file) == 0 else { throw failure(errno, path) }
            // A second name and not a new one: a file that came meanwhile is not overwritten.
            if link(partial, path) != 0 {
                guard errno != EEXIST else { throw failure(EEXIST, path) }
                try rename(partial, to: path)
            }
        }

        /// Where a file can have no second name (FAT, many network drives): an empty file takes the name, if nobody has it, and gives it
        /// to ours at once.
        private static func rename(_ partial: String, to path: String) throws {
            let place = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard place >= 0 else { throw failure(errno, path) }
            close(place)
            guard Glibc.rename(partial, path) == 0 else {
                let number = errno
                unlink(path)
                throw failure(number, path)
            }
        }

        private static func failure(_ number: Int32, _ path: String) -> CocoaError {
            CocoaError(
                number == EEXIST ? .fileWriteFileExists : .fileWriteUnknown,
                userInfo: [NSLocalizedDescriptionKey: String(cString: strerror(number)), NSFilePathErrorKey: path])
        }
    }
#endif
