// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Glibc

// The system's time, chance and standard error, as daemons give them to what they compose.

/// The system's cryptographic chance: what tokens and keys are made of.
public enum SystemChance {
    /// Bytes of chance.
    public static func bytes(_ count: Int) -> [UInt8] {
        var source = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: source.next()) }
    }
}

/// A clock that never goes back.
public enum SystemElapsed {
    /// The time since the machine started.
    public static func time() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}

extension SystemElapsed {
    /// CLOCK_MONOTONIC in microseconds: what systemd compares moments by.
    static func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// Where a daemon's log goes.
public enum StandardError {
    /// Writes a line in one call, so that lines of several threads do not mix. What cannot be written is lost: there is nobody to tell.
    public static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(2, bytes, bytes.count)
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
