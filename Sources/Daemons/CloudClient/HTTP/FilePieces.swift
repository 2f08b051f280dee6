// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Foundation
    import NIOCore
    import NIOPosix

    /// The bytes of a file, piece by piece, read by NIO's threads for blocking calls.
    struct FilePieces: AsyncSequence, Sendable {
        /// The file cannot be read, or ended before its size.
        struct Unreadable: Error, CustomStringConvertible {
            let description: String
        }

        static let pieceSize: Int64 = 1 << 20
        let path: String
        let size: Int64

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path, size: size) }

        struct AsyncIterator: AsyncIteratorProtocol {
            let path: String
            let size: Int64
            private var offset: Int64 = 0
            private var file: FileHandle?

            init(path: String, size: Int64) {
                self.path = path
                self.size = size
            }

            mutating func next() async throws -> ByteBuffer? {
                guard offset < size else {
                    file = nil
                    return nil
                }
                let count = Int(Swift.min(FilePieces.pieceSize, size - offset))
                let (path, known) = (path, file)
                let (opened, piece) = try await NIOThreadPool.singleton.runIfActive {
                    do {
                        let opened = try known ?? FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                        return (opened, try opened.read(upToCount: count) ?? Data())
                    } catch { throw Unreadable(description: "\(path) cannot be read: \(error.localizedDescription)") }
                }
                guard !piece.isEmpty else { throw Unreadable(description: "\(path) became shorter while it was sent") }
                file = opened
                offset += Int64(piece.count)
                return ByteBuffer(bytes: piece)
            }
        }
    }
#endif
