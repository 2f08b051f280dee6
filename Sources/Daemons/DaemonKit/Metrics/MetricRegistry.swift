// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Synchronization

/// What a daemon counts and measures, as Prometheus reads it (text format 0.0.4,
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>). Families come in the order in which they were made, their series in the
/// order of their labels.
///
/// The values of labels come out of lists that the daemon knows (routes, kinds, states); never names of people, and never what a caller
/// chose. A family keeps at most ``seriesLimit`` series all the same, and what comes after them goes into one whose labels are `other`.
public final class MetricRegistry: Sendable {
    /// The most series of one family.
    public static let seriesLimit = 1000
    private let families = Mutex<[any MetricFamily]>([])

    /// An empty registry.
    public init() {}

    /// A family of counters: what only grows. Its name ends in `_total`.
    public func counter(_ name: String, _ help: String, labels: String...) -> Counter { add(Counter(name, help, labels)) }

    /// A family of histograms of durations, in seconds; its name ends in `_seconds`. `bounds` are upper limits in rising order.
    public func histogram(_ name: String, _ help: String, labels: String..., bounds: [Double]) -> Histogram {
        add(Histogram(name, help, labels, bounds))
    }

    private func add<Family: MetricFamily>(_ family: Family) -> Family {
        families.withLock { $0.append(family) }
        return family
    }

    /// The text of all families.
    public func text() -> String { families.withLock { $0 }.map { $0.text() }.joined() }

    /// The text of a family of values that are read when they are asked for.
    public static func gauge(_ name: String, _ help: String, _ values: [(labels: [(String, String)], value: Double)]) -> String {
        MetricText.head(name, help, "gauge")
            + values.map { MetricText.line(name, $0.labels, $0.value) }.joined()
    }

    /// The text of one counter that somebody else keeps.
    public static func counter(_ name: String, _ help: String, _ value: Int) -> String {
        MetricText.head(name, help, "counter") + MetricText.line(name, [], Double(value))
    }

    /// What only grows.
    public final class Counter: MetricFamily {
        private let (name, help, labels): (String, String, [String])
        private let series = Mutex<[[String]: Int]>([:])
        fileprivate init(_ name: String, _ help: String, _ labels: [String]) {
            (self.name, self.help, self.labels) = (name, help, labels)
        }

        /// Counts one more; the values in the order of the labels.
        public func add(_ values: String..., by count: Int = 1) {
            series.withLock { series in
                series[MetricText.key(values, known: { series[$0] != nil }, count: series.count), default: 0] += count
            }
        }

        func text() -> String {
            MetricText.head(name, help, "counter")
                + series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { values, count in
                    MetricText.line(name, Array(zip(labels, values)), Double(count))
                }.joined()
        }
    }

    /// How durations are distributed.
    public final class Histogram: MetricFamily {
        private struct Series {
            var counts: [Int]
            var sum: Double = 0
        }
        private let (name, help, labels, bounds): (String, String, [String], [Double])
        private let series = Mutex<[[String]: Series]>([:])
        fileprivate init(_ name: String, _ help: String, _ labels: [String], _ bounds: [Double]) {
            (self.name, self.help, self.labels, self.bounds) = (name, help, labels, bounds)
        }

        /// Adds one duration; the values in the order of the labels.
        public func observe(_ duration: Duration, _ values: String...) {
            let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
            let place = bounds.firstIndex { seconds <= $0 } ?? bounds.count
            let empty = Series(counts: Array(repeating: 0, count: bounds.count + 1))
            series.withLock { series in
                let key = MetricText.key(values, known: { series[$0] != nil }, count: series.count)
                series[key, default: empty].counts[place] += 1
                series[key, default: empty].sum += max(0, seconds)
            }
        }

        func text() -> String {
            MetricText.head(name, help, "histogram")
                + series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { values, series in
                    let own = Array(zip(labels, values))
                    var (lines, count) = ("", 0)
                    for (bound, more) in zip(bounds.map { MetricText.number($0) } + ["+Inf"], series.counts) {
                        count += more
                        lines += MetricText.line(name + "_bucket", own + [("le", bound)], Double(count))
                    }
                    return lines + MetricText.line(name + "_sum", own, series.sum) + MetricText.line(name + "_count", own, Double(count))
                }.joined()
        }
    }
}

/// Series of one name.
protocol MetricFamily: Sendable {
    /// Its lines, the two of its head first.
    func text() -> String
}

/// How Prometheus spells things.
enum MetricText {
    static func head(_ name: String, _ help: String, _ type: String) -> String {
        "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n# TYPE \(name) \(type)\n"
    }

    static func line(_ name: String, _ labels: [(String, String)], _ value: Double) -> String {
        let pairs = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
        return "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(number(value))\n"
    }

    /// Whole numbers without a point.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    static func key(_ values: [String], known: ([String]) -> Bool, count: Int) -> [String] {
        count < MetricRegistry.seriesLimit || known(values) ? values : values.map { _ in "other" }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
