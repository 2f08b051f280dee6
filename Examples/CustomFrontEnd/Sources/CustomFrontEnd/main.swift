// SPDX-License-Identifier: Apache-2.0
// A front end of one page: `swift run CustomFrontEnd`, then http://127.0.0.1:8090. LYCEUM_URL says where the cloud is (the socket of
// this machine's where it is not set), PORT where the page is.
#if Daemons
    import CloudClient
    import Foundation
    import Hummingbird

    let environment = ProcessInfo.processInfo.environment
    guard let cloud = CloudAddress(environment["LYCEUM_URL"] ?? CloudAddress.local.description),
        let port = Int(environment["PORT"] ?? "8090")
    else {
        print("CustomFrontEnd: LYCEUM_URL is unix:PATH or http://HOST:PORT, and PORT is a number")
        exit(64)
    }
    try await HTTPTransport.with(cloud) { transport in
        try await Application(
            responder: FrontEnd(cloud: transport), configuration: .init(address: .hostname("127.0.0.1", port: port))
        ).run()
    }
#endif
