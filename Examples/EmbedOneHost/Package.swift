// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Simulated unless the trait Real is given: `swift run`, or `swift run --traits Real` on a host with libvirt and Open vSwitch.
let package = Package(
    name: "EmbedOneHost",
    traits: [.trait(name: "Real", description: "Real machines through libvirt.")],
    dependencies: [
        .package(name: "lyceum", path: "../..", traits: [.trait(name: "Libvirt", condition: .when(traits: ["Real"]))])
    ],
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
