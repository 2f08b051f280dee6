// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudHTTP
    import CloudModel
    import CloudTesting
    import Foundation
    import ImageStore
    import Testing

    /// Images that would read other files or fill the store, sent and imported over the wire: each operation
    /// fails with code and sentence, and neither image nor upload is left.
    @Suite struct BadImageTests {
        private func refused(
            _ what: String, _ bytes: [UInt8], as format: String, _ code: ErrorCode, _ english: String, _ hungarian: String
        ) async throws {
            try await Listening.with { site, wire in
                for (language, sentence) in [("en", english), ("hu", hungarian)] {
                    let fields: Fields = ["Content-Type": "application/octet-stream", "Accept-Language": language]
                    let upload = try await wire.call("POST", "/v1/uploads", bytes, fields: fields)
                    #expect(upload.status == 201, "\(upload.text)")
                    let id = try upload.body(UploadBody.self).id
                    let begun = try await wire.call(
                        "POST", "/v1/images", #"{"name":"bad","upload":"\#(id)","format":"\#(format)"}"#,
                        fields: ["Accept-Language": language])
                    #expect(begun.status == 202, "\(begun.text)")
                    let place = try #require(begun.fields["Location"])
                    _ = try await site.ended(place)
                    let end = try await wire.call("GET", place, fields: ["Accept-Language": language]).body(OperationBody.self)
                    #expect(end.outcome == "failed" && end.state == "undone", "\(what): \(end)")
                    let problem = try #require(end.failure)
                    #expect(problem.code == code.rawValue && problem.detail == sentence, "\(what): \(problem)")
                    #expect(problem.status == ErrorCatalogue.status(of: code) && problem.operation == end.id.text)
                }
                let images = try await wire.call("GET", "/v1/images").body(ListBody<ImageBody>.self)
                #expect(images.items.isEmpty, "\(what)")
                #expect(site.storedImages == 0, "\(what)")
            }
        }

        /// What is said to come and would leave too little of the store is refused before it comes.
        @Test func moreThanTheStoreHasRoomFor() async throws {
            try await Site.with(change: { $0.uploadLimit = .gibibytes(1 << 20) }) { site in
                let fields: Fields = ["Content-Type": "application/octet-stream", "Content-Length": String(1 << 49)]
                let refused = await Reply(
                    site.service.answer(
                        Call(method: "POST", path: "/v1/uploads", fields: fields, body: WholeBytes([1, 2, 3]), peer: .account(userID: 0))))
                #expect(refused.status == 507, "\(refused.text)")
                let problem = try refused.body(Problem.self)
                #expect(problem.code == "store-full" && problem.parameters["percent"] == "5", "\(problem)")
                #expect(site.uploads == 0)
            }
        }

        @Test func backingFile() async throws {
            for name in ["/etc/passwd", "json:{\"driver\":\"file\"}", "nbd://127.0.0.1/x"] {
                try await refused(
                    name, QCow2Sample { $0.backingFile = name }.bytes, as: "qcow2", .imageForeignReference,
                    "The image names another file (backing file), which this cloud does not have and would not read.",
                    "A lemezkép egy másik fájlt nevez meg (háttérfájl), amelyet ez a felhő nem olvas be.")
            }
        }

        @Test func externalDataFile() async throws {
            try await refused(
                "external data", QCow2Sample { $0.incompatible = 4 }.bytes, as: "qcow2", .imageForeignReference,
                "The image names another file (external data file), which this cloud does not have and would not read.",
                "A lemezkép egy másik fájlt nevez meg (külső adatfájl), amelyet ez a felhő nem olvas be.")
        }

        @Test func fourPebibytes() async throws {
            let sample = QCow2Sample {
                $0.clusterBits = 16
                $0.virtualSize = 1 << 52
            }
            try await refused(
                "4 PiB", sample.bytes, as: "qcow2", .imageTooLarge, "The disk in the image has 4096 TiB; at most 1 TiB are allowed.",
                "A lemezképben lévő lemez mérete 4096 TiB; legfeljebb 1 TiB lehet.")
        }

        @Test func truncatedHeader() async throws {
            try await refused(
                "cut", Array(QCow2Sample().bytes.prefix(60)), as: "qcow2", .imageMalformed,
                "The file was declared as qcow2, but the header is cut off.",
                "A fájl megadott formátuma qcow2, de: a fejléce csonka.")
        }

        @Test func disguisedVMDK() async throws {
            let descriptor = "# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/passwd\" 0\n"
            let padded = Array(descriptor.utf8) + [UInt8](repeating: 0x0A, count: 1024 - descriptor.utf8.count)
            try await refused(
                "VMDK", padded, as: "raw", .imageMalformed, "The file was declared as raw, but it looks like VMDK.",
                "A fájl megadott formátuma raw, de: VMDK fájlnak látszik.")
        }
    }
#endif
