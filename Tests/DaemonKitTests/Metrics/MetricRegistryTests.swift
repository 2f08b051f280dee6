// SPDX-License-Identifier: Apache-2.0

import DaemonKit
import Testing

/// The text is what Prometheus reads; promtool judges the daemon's own (Scripts/check-packaging).
@Suite struct MetricRegistryTests {
    @Test func countersStandInTheOrderOfTheirLabels() {
        let registry = MetricRegistry()
        let calls = registry.counter("calls_total", "Calls.\nAll \\ of them.", labels: "route", "status")
        calls.add("/b", "200")
        calls.add("/a", "404", by: 2)
        calls.add("/b", "200")
        #expect(
            registry.text() == """
                # HELP calls_total Calls.\\nAll \\\\ of them.
                # TYPE calls_total counter
                calls_total{route="/a",status="404"} 2
                calls_total{route="/b",status="200"} 2

                """)
    }

    @Test func histogramsAreCumulative() {
        let registry = MetricRegistry()
        let times = registry.histogram("wait_seconds", "Waits.", labels: "what", bounds: [0.1, 1])
        for milliseconds in [50, 100, 500, 5000] { times.observe(.milliseconds(milliseconds), "x") }
        #expect(
            registry.text() == """
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{what="x",le="0.1"} 2
                wait_seconds_bucket{what="x",le="1"} 3
                wait_seconds_bucket{what="x",le="+Inf"} 4
                wait_seconds_sum{what="x"} 5.65
                wait_seconds_count{what="x"} 4

                """)
    }

    @Test func whatIsInALabelStaysInIt() {
        let text = MetricRegistry.gauge("a", "A.", [([("l", "x\"} 1\nb 2\\")], 1.5)])
        #expect(text == "# HELP a A.\n# TYPE a gauge\na{l=\"x\\\"} 1\\nb 2\\\\\"} 1.5\n")
    }

    @Test func aFamilyDoesNotGrowWithoutEnd() {
        let registry = MetricRegistry()
        let calls = registry.counter("calls_total", "Calls.", labels: "from")
        for number in 0..<5000 { calls.add("caller-\(number)") }
        calls.add("caller-7")
        let lines = registry.text().split(separator: "\n")
        #expect(lines.count == MetricRegistry.seriesLimit + 3)
        #expect(lines.contains("calls_total{from=\"other\"} 4000") && lines.contains("calls_total{from=\"caller-7\"} 2"))
    }
}
