// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value that may be set while others read it: a setting of something that goes on running. Each read gives one whole value.
public final class Live<Value: Sendable>: Sendable {
    private let inner: Mutex<Value>

    /// A value to begin with.
    public init(_ value: Value) { inner = Mutex(value) }

    /// The value of this moment.
    public var value: Value { inner.withLock { $0 } }

    /// Sets it, for everybody who reads from now on.
    public func set(_ value: Value) { inner.withLock { $0 = value } }
}
