// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription
// Of lyceum only the client is built, with the HTTP stack that it stands on; libvirt is left out.
let package = Package(
    name: "CustomFrontEnd",
    dependencies: [
        .package(name: "lyceum", path: "../..", traits: ["Daemons"]),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "CustomFrontEnd",
            dependencies: [
                .product(name: "CloudClient", package: "lyceum"), .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], resources: [.embedInCode("page.html")],
            // Lyceum's own build compiles these sources too, and with `traits: []` without the HTTP stack: hence the `#if Daemons` in them.
            swiftSettings: [.define("Daemons")])
    ]
)
