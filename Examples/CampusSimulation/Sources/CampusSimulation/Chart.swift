// SPDX-License-Identifier: Apache-2.0

import CloudCore

/// Three rows of bars over the semester, a bar for each hour of classes: machines, queue, time to ready.
struct Chart {
    private let report: Report

    private let width = 960.0
    private let height = 150.0
    private let left = 60.0
    private let gap = 40.0

    init(of report: Report) { self.report = report }

    var svg: String {
        let hours = report.hours
        let rows: [(title: String, color: String, values: [Double])] = [
            ("machines that run, at most", "#2b6cb0", hours.map { Double($0.running) }),
            ("machines that are waited for, at most", "#b7791f", hours.map { Double($0.queue) }),
            ("seconds to ready, 95 of 100", "#2f855a", hours.map { $0.wait(percent: 95) ?? 0 }),
        ]
        let (whole, all) = (Int(left + width + 20), Int(gap + Double(rows.count) * (height + gap)))
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(whole)" height="\#(all)" font-family="sans-serif" font-size="12">"#,
            #"<rect width="100%" height="100%" fill="white"/>"#,
            #"<text x="\#(left)" y="18" font-size="14">\#(escaped(report.plan.name)), \#(report.plan.weeks) weeks</text>"#,
        ]
        for (index, row) in rows.enumerated() {
            lines += self.row(row.title, row.color, row.values, top: gap + Double(index) * (height + gap))
        }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    private func row(_ title: String, _ color: String, _ values: [Double], top: Double) -> [String] {
        let most = max(values.max() ?? 0, 1)
        let weeks = Double(report.plan.weeks)
        let bar = max(1, min(8, width / Double(max(values.count, 1)) * 0.8))
        var lines = [
            #"<text x="\#(left)" y="\#(top + 10)">\#(title)</text>"#,
            #"<text x="\#(left - 6)" y="\#(top + 26)" text-anchor="end">\#(Int(most.rounded()))</text>"#,
            #"<text x="\#(left - 6)" y="\#(top + height)" text-anchor="end">0</text>"#,
        ]
        for week in 0...report.plan.weeks {
            let x = left + width * Double(week) / weeks
            lines.append(#"<line x1="\#(x)" y1="\#(top + 16)" x2="\#(x)" y2="\#(top + height)" stroke="lightgray"/>"#)
            guard week < report.plan.weeks else { break }
            lines.append(#"<text x="\#(x + 4)" y="\#(top + height + 14)" fill="gray">week \#(week + 1)</text>"#)
        }
        for (hour, value) in zip(report.hours, values) {
            let days = (hour.begins - report.plan.begins).inSeconds / 86_400
            let (x, tall) = (left + width * days / (7 * weeks), (height - 20) * value / most)
            lines.append(#"<rect x="\#(x)" y="\#(top + height - tall)" width="\#(bar)" height="\#(tall)" fill="\#(color)"/>"#)
        }
        lines.append(#"<line x1="\#(left)" y1="\#(top + height)" x2="\#(left + width)" y2="\#(top + height)" stroke="black"/>"#)
        return lines
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
