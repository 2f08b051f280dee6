// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudStore
import CloudStoreSQL
import CloudTesting
import Testing

@Suite struct SQLViewTests {
    @Test func aRowThatCannotBeReadIsNamedAndHoldsNoOther() throws {
        try onScratch { connection in
            let (one, two) = (try RecordSample(1).make(User.self), try RecordSample(2).make(User.self))
            let transaction = SQLTransaction(connection)
            try transaction.insert(one)
            try transaction.insert(two)
            try connection.execute(#"UPDATE "users" SET "role" = 'emperor' WHERE "id" = ?"#, [.text(one.key)])
            #expect {
                try SQLView(connection).users.get(one.id)
            } throws: {
                ($0 as? CloudError)?.parameters == ["reason": "a row of users cannot be read", "table": "users"]
                    && ($0 as? CloudError)?.isUnreadableRow == true
            }
            #expect(try SQLView(connection).users.get(two.id) == two)
        }
    }
}
