// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient

    /// What goes to stdout: tables for people, tab-separated values for pipes, the API's own objects for programs.
    struct Output: Sendable {
        /// How things are written.
        enum Format: Sendable { case table, tsv, json }
        let format: Format
        let colour: Bool
        /// Whether JSON is laid out for people.
        let pretty: Bool
        let write: @Sendable (String) -> Void

        /// A list. As JSON it has the shape of the API's lists, all pages in one.
        func list<Item>(_ items: [Received<Item>], _ columns: [Column<Item>]) {
            let shown = columns.filter(\.inList)
            switch format {
            case .json: json(.object([.init(key: "items", value: .array(items.map(\.json)))]))
            case .tsv: write(TableText.tsv(items.map { item in shown.map { $0.cell(item.value).plain } }))
            case .table:
                write(TableText.table(shown.map(\.title), items.map { item in shown.map { $0.cell(item.value).text } }, colour: colour))
            }
        }

        /// One thing with all its properties.
        func show<Item>(_ item: Received<Item>, _ columns: [Column<Item>]) {
            switch format {
            case .json: json(item.json)
            case .tsv: write(TableText.tsv(columns.map { [$0.title, $0.cell(item.value).plain] }))
            case .table: write(TableText.properties(columns.map(\.title), columns.map { $0.cell(item.value).text }, colour: colour))
            }
        }

        /// One thing that a command has made or begun: for pipes the row that a list would have, for others as ``show(_:_:)``.
        func made<Item>(_ item: Received<Item>, _ columns: [Column<Item>]) {
            if format == .tsv { list([item], columns) } else { show(item, columns) }
        }

        /// One row of a list that has no end.
        func row<Item>(_ item: Received<Item>, _ columns: [Column<Item>]) {
            let shown = columns.filter(\.inList)
            switch format {
            case .json: write(JSONText.compact(item.json) + "\n")
            case .tsv: write(TableText.tsv([shown.map { $0.cell(item.value).plain }]))
            case .table: write(shown.map { Escape.line($0.cell(item.value).text) }.joined(separator: "  ") + "\n")
            }
        }

        /// JSON for programs.
        func json(_ value: JSONValue) { write((pretty ? JSONText.pretty(value) : JSONText.compact(value)) + "\n") }
    }
#endif
