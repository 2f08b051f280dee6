// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudWorkflow

extension StoreTrial {
    /// Nine disks: 1 to 9, of instances 1 to 3 in turn, sizes 10 to 90, every third in the trash.
    private func disks() throws -> [Disk] {
        try (1...9).map { number in
            try sample(Disk.self, number) {
                $0.instance = ID(bits: number % 3, 0)
                $0.virtualSize = ByteCount(bytes: Int64(number) * 10)
                $0.trashedAt = number % 3 == 0 ? Timestamp(seconds: Int64(number)) : nil
            }
        }
    }

    func queries() async throws {
        let disks = try disks()
        try await store.write { tx in for disk in disks.reversed() { try tx.insert(disk) } }
        try await conditions(disks)
        try await orders(disks)
        try await members()
        try await spellings()
        try await store.read { view in
            let two = Query<Disk>(.equals(.instance, .id(ID<InstanceKind>(bits: 2, 0))), limit: 1)
            try self.expect(try view.count(Disk.self, two), is: 3, "count, which a limit leaves alone")
            try self.expect(try view.sum(Disk.self, .virtualSize, two), is: 150, "sum")
            try self.expect(try view.sum(Disk.self, .virtualSize, Query(.equals(.id, .text("none")))), is: 0, "sum of nothing")
            try self.expect(try view.list(Disk.self, Query(limit: 0)), is: [], "limit 0")
        }
    }

    private func conditions(_ disks: [Disk]) async throws {
        let many = (0..<200).map { StoreValue.integer($0) }
        let cases: [(String, Condition<Disk>, [Int])] = [
            ("equals", .equals(.virtualSize, .integer(30)), [3]),
            ("equals null", .equals(.trashedAt, .null), [1, 2, 4, 5, 7, 8]),
            ("in nothing", .isIn(.virtualSize, []), []),
            ("in three", .isIn(.virtualSize, [.integer(10), .integer(30), .integer(31)]), [1, 3]),
            ("in many", .isIn(.virtualSize, many), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            ("in null or one", .isIn(.trashedAt, [.null, .time(Timestamp(seconds: 3))]), [1, 2, 3, 4, 5, 7, 8]),
            ("below", .below(.virtualSize, .integer(30)), [1, 2]),
            ("above", .above(.virtualSize, .integer(70)), [8, 9]),
            ("below, null never", .below(.trashedAt, .time(Timestamp(seconds: 9))), [3, 6]),
            ("above, null never", .above(.trashedAt, .time(Timestamp(seconds: 0))), [3, 6, 9]),
            ("any of none", .any([]), []),
            ("any", .any([.equals(.virtualSize, .integer(10)), .above(.virtualSize, .integer(80))]), [1, 9]),
        ]
        try await store.read { view in
            for (name, condition, numbers) in cases {
                try self.expect(try view.disks.all(condition), is: numbers.map { disks[$0 - 1] }.sorted { $0.id < $1.id }, name)
            }
            try self.expect(
                try view.disks.all(.above(.virtualSize, .integer(20)), .below(.virtualSize, .integer(40))), is: [disks[2]], "all hold")
        }
    }

    /// A list has a member that is equal to the text, and not one that holds it, however it is written in the column.
    private func members() async throws {
        let tags = [["a"], ["ab", "c"], ["\"", "\\"], []]
        let instances = try tags.enumerated().map { number, words in
            let tags = try words.map { try Tag($0) }
            return try sample(Instance.self, UInt64(number + 1)) { $0.tags = tags }
        }
        try await store.write { tx in for instance in instances { try tx.insert(instance) } }
        try await store.read { view in
            for (member, numbers) in [("a", [0]), ("c", [1]), ("b", []), ("\"", [2]), ("\\", [2]), ("", []), ("[]", [])] {
                try self.expect(try view.instances.all(.lists(.tags, member)), is: numbers.map { instances[$0] }, "lists \(member)")
            }
        }
    }

    /// Texts are what their bytes are: two spellings of one letter are two texts, and order goes by bytes, capitals before small letters.
    private func spellings() async throws {
        let names = ["\u{E9}", "e\u{301}", "f", "Z", "a", "\u{1F600}", "\u{FFFD}"]
        let users = try names.enumerated().map { number, name in
            try sample(User.self, UInt64(number + 1)) { $0.login = name }
        }
        try await store.write { tx in for user in users { try tx.insert(user) } }
        try await store.read { view in
            let inOrder = users.sorted { $0.login.utf8.lexicographicallyPrecedes($1.login.utf8) }
            try self.expect(try view.list(User.self, Query(order: .login)), is: inOrder, "the order of spellings")
            for user in users {
                try self.expect(try view.users.all(.equals(.login, .text(user.login))), is: [user], "one spelling")
                let above = inOrder.drop { $0 != user }.dropFirst()
                try self.expect(
                    try view.list(User.self, Query(.above(.login, .text(user.login)), order: .login)), is: Array(above), "above a spelling")
            }
        }
    }

    private func orders(_ disks: [Disk]) async throws {
        func sorted(_ less: (Disk, Disk) -> Bool) -> [Disk] { disks.sorted(by: less) }
        func trash(_ disk: Disk) -> Int64 { disk.trashedAt?.milliseconds ?? .min }
        let cases: [(String, Query<Disk>, [Disk])] = [
            ("by id", Query(), sorted { $0.id < $1.id }),
            ("by id, descending", Query(descending: true), sorted { $0.id > $1.id }),
            ("by size, descending", Query(order: .virtualSize, descending: true, limit: 2), [disks[8], disks[7]]),
            ("ties by id", Query(order: .instance), sorted { ($0.instance?.text ?? "", $0.id) < ($1.instance?.text ?? "", $1.id) }),
            (
                "ties by id, descending", Query(order: .instance, descending: true),
                sorted { ($0.instance?.text ?? "", $0.id) > ($1.instance?.text ?? "", $1.id) }
            ),
            ("null is smallest", Query(order: .trashedAt), sorted { (trash($0), $0.id) < (trash($1), $1.id) }),
            (
                "null is smallest, descending", Query(order: .trashedAt, descending: true),
                sorted { (trash($0), $0.id) > (trash($1), $1.id) }
            ),
        ]
        try await store.read { view in
            for (name, query, expected) in cases { try self.expect(try view.list(Disk.self, query), is: expected, name) }
        }
    }

    func visible() async throws {
        let anna = try sample(User.self, 1).id
        let (course, boris) = (ID<GroupKind>(bits: 5, 0), ID<UserKind>(bits: 6, 0))
        let now = Timestamp(seconds: 1000)
        let instances = try (1...6).map { number in
            try sample(Instance.self, number) { $0.owner = number == 1 ? anna : boris }
        }
        func grant(_ number: UInt64, _ subject: String, until: Timestamp?) throws -> Grant {
            try sample(Grant.self, number) {
                $0.object = instances[Int(number)].id.text
                $0.subject = subject
                $0.until = until
            }
        }
        let grants = [
            try grant(1, anna.text, until: nil), try grant(2, course.text, until: Timestamp(seconds: 1001)),
            try grant(3, anna.text, until: now), try grant(4, "user-other", until: nil),
        ]
        try await store.write { tx in
            for instance in instances { try tx.insert(instance) }
            for grant in grants { try tx.insert(grant) }
        }
        func seen(_ subjects: [String]) async throws -> [Instance] {
            try await store.read { try $0.instances.all(.visible(object: .id, subjects: subjects, at: now)) }
        }
        let expected = instances.prefix(3).sorted { $0.id < $1.id }
        try expect(try await seen([anna.text, course.text]), is: expected, "own, granted, granted to the group")
        try expect(try await seen([anna.text]), is: instances.prefix(2).sorted { $0.id < $1.id }, "without the group")
        try expect(try await seen([]), is: [], "nobody")
        // A group in which the owner of something is, owns nothing by that.
        try expect(try await seen(["user-nobody", anna.text]), is: [instances[1]], "grants of a second subject")
        try await store.read { view in
            let ports = try view.ports.all(.visible(object: .instance, subjects: [anna.text], at: now))
            try self.expect(ports, is: [], "a record without owner is seen by grants alone")
        }
    }
}
