// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
public import CloudWorkflow
import Glibc
import Synchronization

/// Ends the process at a border of a run, as a loss of power would: no handler, no flush. Nobody stands there unless the environment
/// says so.
///
/// `LYCEUM_CRASH_AT` is one or several orders, divided by `;`: a ``CloudWorkflow/CrashPoint`` at which the process ends; `refuse` and a
/// point at which the work is refused, so that what is taken back can be cut off too; `lose` and a point behind an effect at which the
/// answer is lost each time, so that a run is stuck and what takes it over can be cut off. `@` and a path names a file with the orders
/// instead. It is read again at each border, so that one process can be led to where the point lies before it is told of it; while it is
/// empty or not there it orders nothing.
public final class CrashProbe: BoundaryProbe {
    /// The variable of the environment.
    public static let variable = "LYCEUM_CRASH_AT"

    private static let kinds = Cloud.kinds.names
    private enum Deed: String, CaseIterable { case end, refuse, lose }
    private struct State {
        var text = ""
        var orders: [(deed: Deed, point: CrashPoint)] = []
        /// How often each place was reached since these orders hold.
        var reached: [String: Int] = [:]
    }
    private let read: @Sendable () throws(CloudError) -> String
    private let end: @Sendable () -> Void
    private let state: Mutex<State>

    /// Who stands at the borders by an environment: this probe, or nobody. Throws ``ConfigurationError`` where the orders are none.
    public static func standing(in environment: [String: String]) throws -> any BoundaryProbe {
        try standing(in: environment) { _ = kill(getpid(), SIGKILL) }
    }

    /// - Parameter end: ends the process.
    static func standing(in environment: [String: String], end: @escaping @Sendable () -> Void) throws -> any BoundaryProbe {
        guard let value = environment[variable], !value.isEmpty else { return NoProbe() }
        guard value.hasPrefix("@") else { return try CrashProbe(end: end) { () throws(CloudError) in value } }
        let path = String(value.dropFirst())
        return try CrashProbe(end: end) { () throws(CloudError) in
            String(decoding: try PrivateFiles.readTrusted(path) ?? [], as: UTF8.self)
        }
    }

    private init(end: @escaping @Sendable () -> Void, read: @escaping @Sendable () throws(CloudError) -> String) throws {
        self.read = read
        self.end = end
        state = Mutex(State())
        let first = try Self.state(of: try text())
        state.withLock { $0 = first }
    }

    /// A run is at a boundary.
    public func reached(_ boundary: Boundary, of run: RunID, kind: String) async throws {
        let (text, place) = (try text(), CrashPoint(boundary, of: kind).place)
        let deed = try state.withLock { state in
            if state.text != text { state = try Self.state(of: text) }
            state.reached[place, default: 0] += 1
            return state.orders.first {
                $0.point.place == place && ($0.deed == .lose || $0.point.occurrence == state.reached[place])
            }?.deed
        }
        switch deed {
        case nil: return
        case .refuse: throw CloudError(.internalFault, ["part": boundary.name], detail: "refused by \(Self.variable)")
        case .lose: throw OutcomeUnknown("lost by \(Self.variable)")
        case .end:
            end()
            throw ProcessEnded()
        }
    }

    /// The orders as they are now. That they cannot be read decides nothing about a run, so it is no ``CloudModel/CloudError`` here.
    private func text() throws(ConfigurationError) -> String {
        do { return try read() } catch { throw ConfigurationError(place: Self.variable, reason: "\(error)") }
    }

    private static func state(of text: String) throws(ConfigurationError) -> State {
        var state = State(text: text)
        for line in text.split(whereSeparator: { $0 == ";" || $0.isNewline }) {
            var order = line.drop { $0 == " " }
            let deed = Deed.allCases.first { order.hasPrefix("\($0) ") }
            if let deed { order = order.dropFirst("\(deed) ".count) }
            guard let point = CrashPoint(order) else {
                throw ConfigurationError(place: variable, reason: "\"\(order)\" is no point like instance.start/power/afterEffect")
            }
            let kind = String(point.place.prefix { $0 != "/" })
            guard kinds.contains(kind) else {
                throw ConfigurationError(place: variable, reason: "there is no operation \"\(kind)\", so \"\(order)\" is never reached")
            }
            state.orders.append((deed ?? .end, point))
        }
        return state
    }
}

/// The process was to end here: cuts the run off where it did not.
struct ProcessEnded: Error {}
