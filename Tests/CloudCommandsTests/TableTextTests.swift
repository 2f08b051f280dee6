// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CloudCommands

@Suite struct TableTextTests {
    @Test func columnsStandUnderEachOther() {
        let text = TableText.table(["id", "name", "state"], [["vm-1", "é", "running"], ["vm-22", "課題 🎓", "stopped"]])
        #expect(
            text == """
                ID     NAME     STATE
                vm-1   é        running
                vm-22  課題 🎓  stopped

                """)
    }

    @Test func propertiesStandOneALine() {
        #expect(TableText.properties(["id", "name"], ["vm-1", "lab\nX: y"]) == "id    vm-1\nname  lab\\nX: y\n")
    }

    @Test func fieldsOfTSVCanBeReadBack() {
        #expect(TableText.tsv([["a\tb", "c\\n", "d\ne"], ["", "x", ""]]) == "a\\tb\tc\\\\n\td\\ne\n\tx\t\n")
    }

    @Test(arguments: [
        ("\u{1B}[2Jx", "\\u{1B}[2Jx"), ("a\u{0}b", "a\\u{0}b"), ("\u{202E}exe.txt", "\\u{202E}exe.txt"), ("\u{85}", "\\u{85}"),
        ("\u{2028}", "\\u{2028}"), ("\r", "\\r"), ("</name><devices>", "</name><devices>"), ("👩‍🎓 é", "👩‍🎓 é"), ("a\\b", "a\\b"),
    ])
    func whatWouldActOnATerminalIsShown(text: String, shown: String) { #expect(Escape.line(text) == shown) }
}
