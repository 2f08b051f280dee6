// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CloudClient

@Suite struct CloudAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://cloud.example/", "https://cloud.example"),
        ("http://[::1]:8080", "http://[::1]:8080"), ("unix:/run/lyceum/api.sock", "unix:/run/lyceum/api.sock"),
        ("unix:///run/lyceum/api.sock", "unix:/run/lyceum/api.sock"),
    ])
    func whatPeopleWriteIsRead(text: String, address: String) { #expect(CloudAddress(text)?.description == address) }

    @Test(arguments: [
        "", "127.0.0.1:8080", "http://", "http:///v1", "http://host/v1", "http://host?x", "http://user@host", "http://a b", "unix:",
        "unix:api.sock", "unix:/", "ftp://host", "HTTP://host",
    ])
    func whatIsNoAddressIsNil(text: String) { #expect(CloudAddress(text) == nil) }

    @Test func aSocketsPathBecomesAHost() {
        #expect(CloudAddress.socket("/run/a b/é.sock").url("/v1?limit=1") == "http+unix://%2Frun%2Fa%20b%2F%C3%A9.sock/v1?limit=1")
        #expect(CloudAddress.web("http://h:1").url("/v1") == "http://h:1/v1")
    }
}
