// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription
// No trait of lyceum is on: neither libvirt nor the HTTP stack is resolved or built.
let package = Package(
    name: "CampusSimulation",
    dependencies: [.package(name: "lyceum", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "CampusSimulation",
            dependencies: [
                .product(name: "CloudCore", package: "lyceum"), .product(name: "CloudSimulation", package: "lyceum"),
                .product(name: "CloudStoreMemory", package: "lyceum"),
            ])
    ]
)
