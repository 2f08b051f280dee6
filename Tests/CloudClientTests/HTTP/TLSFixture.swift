// SPDX-License-Identifier: Apache-2.0

#if Daemons
    /// A certificate that nobody but these tests trusts, for `localhost`, until 2126; and its key. Made by
    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=Lyceum tests"
    /// -addext "subjectAltName=DNS:localhost"`.
    enum TLSFixture {
        static let certificate = """
            -----BEGIN CERTIFICATE-----
            MIIBmjCCAUGgAwIBAgIUYH4oTQj7R4ZSEFYg0PmTjQY8NDYwCgYIKoZIzj0EAwIw
            FzEVMBMGA1UEAwwMTHljZXVtIHRlc3RzMCAXDTI2MTEyMjAxMTU1MFoYDzIxMjYx
            MDI5MDExNTUwWjAXMRUwEwYDVQQDDAxMeWNldW0gdGVzdHMwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAATqHxZEK0OWG78j3GBV4QB5wKO5ZD5H4Fyy1KM6DzH9CMFX
            lMMBBySCoXEXyikvv0psfF0EsfA8DdpRJSoSqBJNo2kwZzAdBgNVHQ4EFgQUti/g
            9PKP04SlQWWDojHXXwklxqQwHwYDVR0jBBgwFoAUti/g9PKP04SlQWWDojHXXwkl
            xqQwDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZI
            zj0EAwIDRwAwRAIgTVP/qSZfo6yWblj6kv50By56B3AinU7mIO/oCS37daQCICCE
            rkaj2jBGSgrl5wj70JTwl8ueRVBWgyitLv+FPuRG
            -----END CERTIFICATE-----
            """
        static let key = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwmHQjyWwEpQy/0LT
            vYDOUAAsm8jVwLytcRTR/5lDDHmhRANCAATqHxZEK0OWG78j3GBV4QB5wKO5ZD5H
            4Fyy1KM6DzH9CMFXlMMBBySCoXEXyikvv0psfF0EsfA8DdpRJSoSqBJN
            -----END PRIVATE KEY-----
            """
    }
#endif
