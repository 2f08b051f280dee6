// SPDX-License-Identifier: Apache-2.0

/// One value in two spellings: for people in a table, for programs in tab-separated values.
struct Cell: Sendable, Equatable {
    /// For people: `512 MiB`.
    let text: String
    /// For programs: `536870912`.
    let plain: String

    /// A value that has one spelling; nil is `-` for people and empty for programs.
    init(_ text: String?) {
        self.text = text ?? "-"
        plain = text ?? ""
    }
    /// A value with two spellings.
    init(_ text: String, plain: String) {
        self.text = text
        self.plain = plain
    }
    /// `yes` or `no`.
    init(_ truth: Bool) { self.init(truth ? "yes" : "no") }
    /// A number.
    init(_ number: some BinaryInteger) { self.init(String(number)) }
}

/// One property of the things in a list.
struct Column<Item>: Sendable {
    let title: String
    let cell: @Sendable (Item) -> Cell
    /// Whether the list shows it; otherwise only `show` does.
    let inList: Bool

    init(_ title: String, inList: Bool = true, _ cell: @escaping @Sendable (Item) -> Cell) {
        self.title = title
        self.cell = cell
        self.inList = inList
    }
}
