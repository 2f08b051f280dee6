// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    import NIOCore
    import NIOSSL

    /// How this client speaks TLS: 1.2 or newer, the certificate and its name always checked. There is no way to go without.
    enum ClientTLS {
        /// - Parameter authorities: a file of certificates (PEM) that are trusted beside the system's own.
        static func configuration(_ authorities: String?) -> TLSConfiguration {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let authorities { configuration.additionalTrustRoots = [.file(authorities)] }
            return configuration
        }

        /// A handler for a new connection to a host, by its name or address.
        static func handler(_ context: NIOSSLContext, to host: String) throws -> NIOSSLClientHandler {
            // An address stands in no server name (RFC 6066, 3); the certificate is compared with it all the same.
            let isAddress = IPv4Address(host) != nil || IPv6Address(host) != nil
            return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
        }

        /// What a failure of TLS means for people; nil where the error is another.
        static func words(of error: any Error) -> String? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname: "its certificate is for another name than that"
            case let error as NIOSSLError where "\(error)".contains("CERTIFICATE_VERIFY_FAILED"):
                "its certificate is of no authority that is trusted here; LYCEUM_CA names a file with one more"
            case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
                "\(isBeforeTheCall(error) ? "no TLS connection" : "the TLS connection broke"): \(error)"
            default: nil
            }
        }

        /// Whether a failure of TLS is of the handshake, of the certificate or of what both are prepared with: nothing was sent then. False
        /// for what may also come in the middle of an answer, and for every other error.
        static func isBeforeTheCall(_ error: any Error) -> Bool {
            switch error {
            case let error as NIOSSLError:
                switch error {
                case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate, .cannotMatchULabel, .cannotFindPeerIP,
                    .noSuchFilesystemObject, .failedToLoadCertificate, .failedToLoadPrivateKey:
                    true
                default: false
                }
            case let error as NIOSSLExtraError:
                [
                    .failedToValidateHostname, .serverHostnameImpossibleToMatch, .cannotUseIPAddressInSNI, .invalidSNIHostname,
                    .unknownPrivateKeyFileType,
                ].contains(error)
            case let error as BoringSSLError:
                switch error {
                case .invalidSNIName, .failedToSetALPN: true
                default: false
                }
            default: false
            }
        }
    }
#endif
