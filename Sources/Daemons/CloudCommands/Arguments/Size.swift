// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudModel

    /// A size on the command line: `512M`, `1G`, `1.5GiB`, or a number of bytes. Units are powers of 1024, as memory is.
    struct Size: ExpressibleByArgument, Equatable {
        let count: ByteCount

        init?(argument: String) {
            let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = argument.dropFirst(digits.count).drop(while: { $0 == " " }).lowercased()
            let shift: Int64
            switch unit {
            case "", "b": shift = 0
            case "k", "kib", "kb": shift = 10
            case "m", "mib", "mb": shift = 20
            case "g", "gib", "gb": shift = 30
            case "t", "tib", "tb": shift = 40
            default: return nil
            }
            let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let whole = Int64(parts[0]), whole >= 0, whole < (1 << 53) >> shift else { return nil }
            var bytes = whole << shift
            if parts.count == 2 {
                guard shift > 0, (1...3).contains(parts[1].count), let fraction = Int64(parts[1]) else { return nil }
                let scale: Int64 = [10, 100, 1000][parts[1].count - 1]
                bytes += (fraction << shift) / scale
            }
            count = ByteCount(bytes: bytes)
        }

        /// The size that an option says. Throws a sentence that says what one is.
        @Sendable static func read(_ text: String) throws -> Size {
            guard let size = Size(argument: text) else {
                throw ValidationError("“\(text)” is no size: a number is due with K, M, G or T, as 512M or 1.5G, less than 8 PiB.")
            }
            return size
        }
    }
#endif
