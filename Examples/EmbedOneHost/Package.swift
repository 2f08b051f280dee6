// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription
// No trait of lyceum is on: neither libvirt nor the HTTP stack is resolved or built. The trait Real of this package turns Libvirt on.
let package = Package(
    name: "EmbedOneHost", traits: [.trait(name: "Real", description: "Real machines through libvirt, Open vSwitch and a directory.")],
    dependencies: [.package(name: "lyceum", path: "../..", traits: [.trait(name: "Libvirt", condition: .when(traits: ["Real"]))])],
    targets: [
        .executableTarget(
            name: "EmbedOneHost",
            dependencies: [
                .product(name: "CloudCore", package: "lyceum"), .product(name: "CloudSimulation", package: "lyceum"),
                .product(name: "CloudStoreSQLite", package: "lyceum"),
                .product(name: "HypervisorLibvirt", package: "lyceum", condition: .when(traits: ["Real"])),
                .product(name: "NetFabricLinux", package: "lyceum", condition: .when(traits: ["Real"])),
                .product(name: "ImageStoreFiles", package: "lyceum", condition: .when(traits: ["Real"])),
            ])
    ]
)
