// SPDX-License-Identifier: Apache-2.0

public import CloudModel

import Glibc

/// The system's wall clock.
public struct SystemWallClock: WallClock {
    /// The clock.
    public init() {}
    /// The present moment by CLOCK_REALTIME.
    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// Chance from the system's cryptographic source.
public struct SystemIDSource: IDSource {
    /// The source.
    public init() {}
    /// A new id of 100 bits of chance.
    public func next<Kind: IDKind>(_ kind: Kind.Type) -> ID<Kind> {
        var source = SystemRandomNumberGenerator()
        return ID(bits: source.next(), source.next())
    }
    /// Bytes of chance: what tokens and keys are made of.
    public static func bytes(_ count: Int) -> [UInt8] {
        var source = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: source.next()) }
    }
}

/// The time of a log line: UTC to the millisecond, by the C library.
enum LogTime {
    static func text(_ moment: Timestamp) -> String {
        let milliseconds = ((moment.milliseconds % 1000) + 1000) % 1000
        var seconds = time_t((moment.milliseconds - milliseconds) / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func pad(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
        let clock = "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(pad(Int(milliseconds), 3))Z"
    }
}
