// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Testing

@Suite struct ErrorCodeTests {
    @Test func codesStandInTheOrderOfTheAlphabet() {
        let codes = ErrorCode.allCases.map(\.rawValue)
        #expect(codes == codes.sorted())
    }
}
